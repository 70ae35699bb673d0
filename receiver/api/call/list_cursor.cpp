// Writes and reads cursors: `<the list's letter><number>.<text in hexadecimal digits>`.
#include "receiver/api/call/list_cursor.hpp"

#include "common/base/utf8.hpp"
#include "common/crypto/crypto.hpp"

#include <charconv>

namespace suivi::receiver {
namespace {

// Times in the years 1 to 9999, and ids: what else is asked for would be beyond PostgreSQL's times.
constexpr std::int64_t number_min =
    std::chrono::duration_cast<microseconds>(
        std::chrono::sys_days(std::chrono::year(1) / 1 / 1).time_since_epoch())
        .count();
constexpr std::int64_t number_max =
    std::chrono::duration_cast<microseconds>(
        std::chrono::sys_days(std::chrono::year(10000) / 1 / 1).time_since_epoch())
        .count();

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

} // namespace

std::string write_cursor(paged_list of, const list_place& place) {
  return static_cast<char>(of) + std::to_string(place.number) + "." + crypto::hex(place.text);
}

std::optional<list_place> read_cursor(paged_list of, std::string_view text) {
  if (!text.starts_with(static_cast<char>(of))) return std::nullopt;
  text.remove_prefix(1);
  list_place place;
  auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  auto [end, failed] = std::from_chars(text.data(), text.data() + dot, place.number);
  if (failed != std::errc() || end != text.data() + dot) return std::nullopt;
  if (place.number < number_min || place.number >= number_max) return std::nullopt;
  auto hex = text.substr(dot + 1);
  if (hex.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    place.text += static_cast<char>(high * 16 + low);
  }
  if (!is_utf8(place.text) || place.text.find('\0') != std::string::npos) return std::nullopt;
  return place;
}

} // namespace suivi::receiver
