// One member of a courier's JSON object, read the tolerant way: ids, counts and dates may be numbers or
// texts. Pure; nothing here fails: what cannot be read is absent.
#pragma once

#include "common/base/time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace suivi {

// Longer ids are nobody's; they would only make trouble in an index.
inline constexpr std::size_t id_bytes_max = 512;

// So that sums with a count cannot overflow; no list is as long.
inline constexpr std::int64_t count_max = 1'000'000'000'000'000;

[[nodiscard]] bool is_blank(std::string_view text);
// Without the blanks at both ends.
[[nodiscard]] std::string_view without_blanks(std::string_view text);

// The digits of a whole number that the value holds exactly.
[[nodiscard]] std::optional<std::string> whole_number(const boost::json::value& value);

// A text (storable, not blank, not too long, without U+FFFD: it would have lost characters) or a whole number
// as its digits; anything else is no id.
[[nodiscard]] std::optional<std::string> read_id(const boost::json::value& value);
// The first of the named members that holds an id.
[[nodiscard]] std::optional<std::string> first_id(const boost::json::object& from,
                                                  std::initializer_list<std::string_view> names);
// A count: a whole number of 0 to count_max (more counts as that), as a number or as text.
[[nodiscard]] std::optional<std::int64_t> read_count(const boost::json::value* value);
// A date as text; a number is none.
[[nodiscard]] std::optional<instant> read_date(const boost::json::value* value);
// A text that says something: storable, without blanks at its ends, not empty.
[[nodiscard]] std::optional<std::string> read_words(const boost::json::value* value);
// Appends the JSON text of a scalar; nothing for null and "" (the same as not sent, lest they alternate),
// lists and objects.
void append_scalar(const boost::json::value& value, std::string& to);

} // namespace suivi
