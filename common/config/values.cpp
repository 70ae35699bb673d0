// Checks of single values; addresses by inet_pton, time zones by the system's own database.
#include "common/config/values.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <date/tz.h>
#include <stdexcept>

namespace suivi::config {
namespace {

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

// Digits only, at most `limit`.
std::optional<int> read_number(std::string_view text, int limit) {
  int number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || text.front() == '-' || number > limit)
    return std::nullopt;
  return number;
}

} // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  std::size_t first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    std::size_t comma = text.find(',');
    std::string_view part = trimmed(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::string> read_listen(std::string_view text) {
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !read_number(text.substr(colon + 1), 65535)) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host == "localhost") return "127.0.0.1" + std::string(text.substr(colon));
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed ? !is_address(AF_INET6, host.substr(1, host.size() - 2)) : !is_address(AF_INET, host))
    return std::nullopt;
  return std::string(text);
}

std::optional<std::string> read_cidr(std::string_view text) {
  std::size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  int bits = is_address(AF_INET, address) ? 32 : is_address(AF_INET6, address) ? 128 : -1;
  if (bits < 0) return std::nullopt;
  if (slash == std::string_view::npos) return std::string(text) + "/" + std::to_string(bits);
  if (!read_number(text.substr(slash + 1), bits)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> read_http_url(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return std::nullopt;
  for (char c : rest)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '?' ||
        c == '#' || c == '@' || c == '"' || c == '\\')
      return std::nullopt;
  std::string_view host_and_port = rest.substr(0, rest.find('/'));
  std::size_t after_host = host_and_port.starts_with('[') ? host_and_port.find(']') : 0;
  if (after_host == std::string_view::npos) return std::nullopt;
  std::size_t colon = host_and_port.find(':', after_host);
  if (host_and_port.substr(0, colon).empty()) return std::nullopt;
  if (colon != std::string_view::npos && !read_number(host_and_port.substr(colon + 1), 65535))
    return std::nullopt;
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

std::optional<std::string> read_database_url(std::string_view given_text) {
  std::string_view text = trimmed(given_text);
  bool uri = text.starts_with("postgres://") || text.starts_with("postgresql://");
  std::size_t equals = text.find('=');
  bool pairs = equals != std::string_view::npos && equals > 0 && text.find("://") == std::string_view::npos;
  if (!uri && !pairs) return std::nullopt;
  return std::string(text);
}

std::optional<std::chrono::minutes> read_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  auto hour = read_number(text.substr(0, 2), 23);
  auto minute = read_number(text.substr(3), 59);
  if (!hour || !minute) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

std::optional<std::string> read_timezone(std::string_view text) {
  try {
    date::locate_zone(text);
    return std::string(text);
  } catch (const std::runtime_error&) { // not found, or no database on this machine
    return std::nullopt;
  }
}

bool is_token(std::string_view text) {
  for (char c : text)
    if (c <= 0x20 || c >= 0x7F) return false; // char is signed here: bytes above 0x7F are negative
  return !text.empty();
}

bool is_webhook_secret(std::string_view text) {
  for (char c : text)
    if ((static_cast<unsigned char>(c) < 0x20) || c == 0x7F) return false;
  return !text.empty() && trimmed(text).size() == text.size();
}

} // namespace suivi::config
