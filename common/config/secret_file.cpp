// Takes the last line break off.
#include "common/config/secret_file.hpp"

#include "common/config/file_bytes.hpp"

namespace suivi::config {
namespace {

constexpr std::size_t bytes_max = 64 * 1024;

error unusable(std::string_view why) {
  return permanent("config:secret_file", why);
}

} // namespace

result<secret> read_secret_file(const std::string& path, milliseconds patience) {
  auto read = read_bytes(path, bytes_max, patience);
  if (!read) return unusable(read.error().detail);
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
