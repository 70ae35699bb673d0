// Reads ids, counts and words from JSON values of any type.
#include "common/json/json_fields.hpp"

#include "common/base/utf8.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <iterator>

namespace suivi {
namespace {

namespace json = boost::json;

// Above 2^53 a double no longer tells neighbors apart, so its digits would be invented.
constexpr double exact_double_limit = 9007199254740992.0;

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";
constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// ASCII that a JSON text holds without escapes.
bool is_written_as_it_is(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return static_cast<signed char>(c) >= ' ' && c != '"' && c != '\\' && c != '\x7F';
  });
}

} // namespace

bool is_blank(std::string_view text) {
  return text.find_first_not_of(blanks) == std::string_view::npos;
}

std::string_view without_blanks(std::string_view text) {
  std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<std::string> whole_number(const json::value& value) {
  if (const auto* i = value.if_int64()) return fmt::format("{}", *i);
  if (const auto* u = value.if_uint64()) return fmt::format("{}", *u);
  const double* d = value.if_double();
  if (d == nullptr || std::trunc(*d) != *d || std::abs(*d) >= exact_double_limit) return std::nullopt;
  return fmt::format("{}", static_cast<std::int64_t>(*d));
}

std::optional<std::string> read_id(const json::value& value) {
  const json::string* sent = value.if_string();
  if (sent == nullptr) return whole_number(value);
  if (sent->size() > id_bytes_max) return std::nullopt;
  std::string text = to_storable_text(view(*sent));
  if (is_blank(text) || text.find(replacement_character) != std::string::npos) return std::nullopt;
  return text;
}

std::optional<std::string> first_id(const json::object& from, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (const json::value* value = from.if_contains(name))
      if (auto id = read_id(*value)) return id;
  return std::nullopt;
}

std::optional<std::int64_t> read_count(const json::value* value) {
  std::optional<std::string> digits = value == nullptr ? std::nullopt : read_id(*value);
  if (!digits) return std::nullopt;
  std::int64_t count = 0;
  auto [end, problem] = std::from_chars(digits->data(), digits->data() + digits->size(), count);
  if (end != digits->data() + digits->size() || digits->front() == '-') return std::nullopt;
  if (problem == std::errc::result_out_of_range) return count_max;
  if (problem != std::errc()) return std::nullopt;
  return std::min(count, count_max);
}

std::optional<instant> read_date(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;
  return parse_instant(view(*text));
}

std::optional<std::string> read_words(const json::value* value) {
  const json::string* sent = value == nullptr ? nullptr : value->if_string();
  if (sent == nullptr) return std::nullopt;
  std::string text = to_storable_text(view(*sent));
  std::string_view words = without_blanks(text);
  return words.empty() ? std::nullopt : std::optional(std::string(words));
}

void append_scalar(const json::value& value, std::string& to) {
  if (const json::string* text = value.if_string()) {
    if (is_written_as_it_is(view(*text))) { // nearly always
      if (!text->empty()) to.append(1, '"').append(view(*text)).append(1, '"');
      return;
    }
    std::string storable = to_storable_text(view(*text));
    if (!storable.empty()) to += json::serialize(json::string(storable));
    return;
  }
  fmt::memory_buffer digits;
  auto end = std::back_inserter(digits);
  if (const auto* i = value.if_int64())
    fmt::format_to(end, FMT_COMPILE("{}"), *i);
  else if (const auto* u = value.if_uint64())
    fmt::format_to(end, FMT_COMPILE("{}"), *u);
  else if (const bool* b = value.if_bool())
    to += *b ? "true" : "false";
  else if (const double* d = value.if_double(); d != nullptr && std::isfinite(*d))
    fmt::format_to(end, FMT_COMPILE("{}"), *d);
  to.append(digits.data(), digits.size());
}

} // namespace suivi
