// Reading with a limit: whatever the path names, a device even, the program does not fill its memory.
#include "common/config/secret_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace suivi::config {
namespace {

constexpr std::size_t bytes_max = 64 * 1024;

error unusable(std::string_view why) {
  return permanent("config:secret_file", why);
}

// A pipe is allowed: shells make one of <(command).
result<std::string> read_all(int descriptor) {
  std::string bytes(bytes_max + 1, '\0');
  std::size_t length = 0;
  while (length < bytes.size()) {
    ssize_t got = ::read(descriptor, bytes.data() + length, bytes.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unusable(fmt::format("cannot be read: {}", std::strerror(errno)));
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  if (length > bytes_max) return unusable(fmt::format("is larger than {} bytes", bytes_max));
  bytes.resize(length);
  return bytes;
}

} // namespace

result<secret> read_secret_file(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return unusable(fmt::format("cannot be read: {}", std::strerror(errno)));
  auto read = read_all(descriptor);
  ::close(descriptor);
  if (!read) return read.error();
  std::string content = std::move(*read);
  if (content.ends_with('\n')) content.pop_back();
  if (content.ends_with('\r')) content.pop_back();
  if (content.empty()) return unusable("is empty");
  return secret(std::move(content));
}

std::vector<std::string> lines_of(const secret& content) {
  std::vector<std::string> lines;
  std::string_view rest = content.reveal();
  while (true) {
    std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
    if (end == std::string_view::npos) return lines;
    rest.remove_prefix(end + 1);
  }
}

} // namespace suivi::config
