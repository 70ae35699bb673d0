// Opens without waiting for whoever writes a pipe, then polls: a pipe that nobody has opened yet is silent.
#include "common/config/file_bytes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace suivi::config {
namespace {

using std::chrono::steady_clock;

error unusable(std::string_view why) {
  return permanent("config:file", why);
}

error unreadable() {
  return unusable(fmt::format("cannot be read: {}", std::strerror(errno)));
}

// False: nothing came in time. A file always has something to say, its end at least.
bool wait_for_bytes(int descriptor, steady_clock::time_point until) {
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    pollfd watched{descriptor, POLLIN, 0};
    int ready = ::poll(&watched, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (ready >= 0 || errno != EINTR) return ready != 0;
  }
}

result<std::string> read_all(int descriptor, std::size_t bytes_max, milliseconds patience) {
  auto until = steady_clock::now() + patience;
  std::string bytes;
  for (;;) {
    if (!wait_for_bytes(descriptor, until)) return unusable("is a pipe that nothing came through in time");
    std::array<char, 16 * 1024> piece;
    ssize_t got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return unreadable();
    if (got == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
    if (bytes.size() > bytes_max) return unusable(fmt::format("is larger than {} bytes", bytes_max));
  }
}

} // namespace

result<std::string> read_bytes(const std::string& path, std::size_t bytes_max, milliseconds patience) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return unreadable();
  auto bytes = read_all(descriptor, bytes_max, patience);
  ::close(descriptor);
  return bytes;
}

} // namespace suivi::config
