// Checks of single values; time zones by the system's own database.
#include "common/config/values.hpp"

#include "common/network/ip_network.hpp"

#include <date/tz.h>
#include <stdexcept>

namespace suivi::config {
namespace {

// An address of that family, without a zone.
bool is_address(bool v4, std::string_view text) {
  std::optional<ip_address> one = parse_ip_address(text);
  return one && one->is_v4() == v4 && text.find('%') == std::string_view::npos;
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
  if (colon == std::string_view::npos || !parse_decimal(text.substr(colon + 1), 65535)) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host == "localhost") return "127.0.0.1" + std::string(text.substr(colon));
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed ? !is_address(false, host.substr(1, host.size() - 2)) : !is_address(true, host))
    return std::nullopt;
  return std::string(text);
}

std::optional<std::string> read_cidr(std::string_view text) {
  if (!parse_network(text)) return std::nullopt;
  if (text.find('/') != std::string_view::npos) return std::string(text);
  return std::string(text) + (parse_ip_address(text)->is_v4() ? "/32" : "/128");
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
  std::string_view host = host_and_port.substr(0, colon);
  bool bracketed = host.starts_with('[');
  if (host.empty() ||
      (bracketed && !(host.ends_with(']') && is_address(false, host.substr(1, host.size() - 2)))))
    return std::nullopt;
  if (colon != std::string_view::npos &&
      parse_decimal(host_and_port.substr(colon + 1), 65535).value_or(0) == 0)
    return std::nullopt;
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

std::optional<std::string> read_database_url(std::string_view raw_text) {
  std::string_view text = trimmed(raw_text);
  bool uri = text.starts_with("postgres://") || text.starts_with("postgresql://");
  std::size_t equals = text.find('=');
  bool pairs = equals != std::string_view::npos && equals > 0 && text.find("://") == std::string_view::npos;
  if (!uri && !pairs) return std::nullopt;
  return std::string(text);
}

std::optional<std::chrono::minutes> read_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  auto hour = parse_decimal(text.substr(0, 2), 23);
  auto minute = parse_decimal(text.substr(3), 59);
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
