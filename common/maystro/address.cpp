// What people paste as address and key, into what requests need.
#include "common/maystro/address.hpp"

#include <algorithm>

namespace suivi::maystro {
namespace {

constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

// Without control characters, which would break a request's head, and without spaces around.
std::string trim(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\t')
      out += ' ';
    else if (!is_control(c))
      out += c;
  }
  std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

// `/api/`, `/` and spaces, as often as they stand at the end.
void strip_path_end(std::string& path) {
  for (;;) {
    if (path.ends_with('/') || path.ends_with(' '))
      path.pop_back();
    else if (lower(path).ends_with("/api"))
      path.resize(path.size() - 4);
    else
      return;
  }
}

} // namespace

std::string normalize_base_url(std::string_view text) {
  std::string rest = trim(text);
  std::string scheme = "https";
  if (std::size_t mark = rest.find("://"); mark != std::string::npos && mark < rest.find('/')) {
    scheme = lower(rest.substr(0, mark));
    rest.erase(0, mark + 3);
  } else if (rest.starts_with("//")) {
    rest.erase(0, 2);
  }
  rest = trim(std::string_view(rest).substr(0, rest.find_first_of("?#")));
  std::size_t slash = std::min(rest.size(), rest.find('/'));
  std::string host = trim(lower(rest.substr(0, slash)));
  std::string path = rest.substr(slash);
  if (host.empty()) return {};
  strip_path_end(path);
  return scheme + "://" + host + path;
}

std::string normalize_api_key(std::string_view text) {
  std::string key = trim(text);
  for (;;) {
    std::string word = lower(key.substr(0, 5));
    if (word != "token") return key;
    if (key.size() == 5) return {};
    if (key[5] != ' ') return key;
    key = trim(std::string_view(key).substr(5));
  }
}

} // namespace suivi::maystro
