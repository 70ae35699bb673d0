// bench-measured FILE COMMAND…: runs the command and writes `name=value` lines of its time, processor time
// and greatest resident memory into FILE. Exit status: the command's, 127 if it cannot be run, 128 + n if
// signal n ended it.
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: bench-measured FILE COMMAND...\n", stderr);
    return 2;
  }
  auto begun = std::chrono::steady_clock::now();
  pid_t child = ::fork();
  if (child == 0) {
    ::execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child) return 127;
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  std::ofstream(argv[1]) << fmt::format("wall={:.3f}\ncpu={:.3f}\nrss_kib={}\n", took.count(),
                                        seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
