// Header look-up, percent escapes and request targets: pure functions over text.
#include "common/http/message/message.hpp"

#include <algorithm>

namespace suivi::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  bool as_it_is = text.find('%') == std::string_view::npos &&
                  !(plus_is_space && text.find('+') != std::string_view::npos);
  if (as_it_is) return std::string(text); // nearly always
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// The part before `mark`; `rest` keeps what comes after it, or nothing.
std::string_view cut_at(std::string_view& rest, char mark) {
  auto at = rest.find(mark);
  auto part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

} // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> find_header(const header_list& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  return decode(text, false);
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string_view> target::find(std::string_view key) const {
  for (const auto& [k, value] : query)
    if (k == key) return value;
  return std::nullopt;
}

std::optional<target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') return std::nullopt;
  auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '#'; };
  if (std::any_of(text.begin(), text.end(), forbidden)) return std::nullopt;
  target out;
  std::string_view query = text;
  std::string_view path = cut_at(query, '?');
  out.path = path;
  path.remove_prefix(1);
  out.segments.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')) + 1);
  while (!path.empty()) {
    auto segment = percent_decode(cut_at(path, '/'));
    if (!segment) return std::nullopt;
    out.segments.push_back(std::move(*segment));
  }
  while (!query.empty()) {
    std::string_view value = cut_at(query, '&');
    if (value.empty()) continue;
    auto key = decode(cut_at(value, '='), true);
    auto decoded = decode(value, true);
    if (!key || !decoded) return std::nullopt;
    out.query.emplace_back(std::move(*key), std::move(*decoded));
  }
  return out;
}

} // namespace suivi::http
