// Standard error that nobody reads, or that is closed, neither stops the receiver nor ends it.
#include "tests/programs/webhook_sender.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace suivi::test;

namespace {

unsigned short free_port() {
  loopback::live_server there(loopback::echo());
  return there.port();
}

// The real program with `standard_error` as its standard error.
struct started {
  started(const webhook_sender& like, unsigned short port, int standard_error) {
    std::vector<std::string> texts{"DATABASE_URL=" + like.db().url(),
                                   "MAYSTRO_API_KEY=example-key-1",
                                   "MAYSTRO_BASE_URL=http://127.0.0.1:1",
                                   "MAYSTRO_WEBHOOK_SECRET=example-secret",
                                   "SUIVI_LOG_LEVEL=debug",
                                   "SUIVI_RECEIVER_SPOOL=" + like.process->folder().string() + "/other-spool",
                                   "SUIVI_RECEIVER_LISTEN=127.0.0.1:" + std::to_string(port)};
    std::vector<char*> variables;
    for (auto& text : texts) variables.push_back(text.data());
    variables.push_back(nullptr);
    std::string name = SUIVI_BIN "/suivi-receiver";
    char* arguments[] = {name.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    if (standard_error < 0)
      posix_spawn_file_actions_addclose(&files, STDERR_FILENO);
    else
      posix_spawn_file_actions_adddup2(&files, standard_error, STDERR_FILENO);
    REQUIRE(::posix_spawn(&id, name.c_str(), &files, nullptr, arguments, variables.data()) == 0);
    posix_spawn_file_actions_destroy(&files);
    wait_until("its port", [&] { return loopback::accepts(port); });
  }
  int stop() const {
    ::kill(id, SIGTERM);
    int status = 0;
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10 * slowness);
    while (std::chrono::steady_clock::now() < end) {
      if (::waitpid(id, &status, WNOHANG) == id)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      pause_briefly();
    }
    ::kill(id, SIGKILL);
    ::waitpid(id, &status, 0);
    return -1;
  }
  pid_t id = -1;
};

// Each refused request is worth a line of the log.
void push_many(unsigned short port, int count) {
  for (int n = 0; n < count; ++n) {
    raw_peer peer(port);
    peer.send(request("POST", secret_address, event("R" + std::to_string(port) + "-" + std::to_string(n))));
    CHECK(peer.read().status < 300);
    peer.send("nonsense\r\n\r\n");
    CHECK(peer.read().status == 400);
  }
}

} // namespace

TEST_CASE("standard error that nobody reads stops nothing") {
  webhook_sender like;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
  std::string filler(4096, 'x'); // so that already the first line waits
  REQUIRE(::write(ends[1], filler.data(), filler.size()) == 4096);
  auto port = free_port();
  started receiver(like, port, ends[1]);
  push_many(port, 50);
  CHECK(receiver.stop() == 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("standard error whose reader has gone, or that is closed, ends nothing") {
  webhook_sender like;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  for (int standard_error : {ends[1], -1}) {
    auto port = free_port();
    started receiver(like, port, standard_error);
    push_many(port, 20);
    CHECK(receiver.stop() == 0);
  }
  ::close(ends[1]);
}
