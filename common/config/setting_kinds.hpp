// The few shapes a value may have: each makes a row of the table from a place, what is allowed and a field.
//
// `field` answers a reference to the value inside the settings, constant or not.
#pragma once

#include "common/base/duration.hpp"
#include "common/config/setting_table.hpp"
#include "common/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace suivi::config {

struct place {
  std::string_view section, name, alias, meaning;
};

// From the environment everything is text.
bool is(const raw_value& v, raw_value::shape wanted);
std::optional<std::vector<std::string>> list_of(const raw_value& v);
std::string toml_list(const std::vector<std::string>& items);

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

inline key row(place at, std::string_view allowed, bool is_secret,
               std::function<bool(settings&, const raw_value&)> read,
               std::function<std::string(const settings&)> print) {
  return {at.section, at.name, at.alias,        at.meaning,      allowed,
          is_secret,  false,   std::move(read), std::move(print)};
}

template <class Field>
key text_key(place at, std::string_view allowed, Field field,
             std::optional<std::string> (*read)(std::string_view)) {
  return row(
      at, allowed, false,
      [=](settings& s, const raw_value& v) {
        auto value = is(v, raw_value::shape::text) ? read(v.text) : std::nullopt;
        if (value) field(s) = *value;
        return value.has_value();
      },
      [=](const settings& s) { return field(s).empty() ? std::string() : toml_string(field(s)); });
}

template <class Field>
key secret_key(place at, std::string_view allowed, Field field,
               std::optional<std::string> (*read)(std::string_view)) {
  return row(
      at, allowed, true,
      [=](settings& s, const raw_value& v) {
        std::optional<std::string> value;
        if (is(v, raw_value::shape::text)) value = v.text == mask ? std::string(mask) : read(v.text);
        if (value) field(s) = secret(*value);
        return value.has_value();
      },
      [=](const settings& s) { return field(s).empty() ? std::string() : toml_string(field(s).masked()); });
}

template <class Field>
key integer_key(place at, std::string_view allowed, Field field, std::int64_t low, std::int64_t high) {
  return row(
      at, allowed, false,
      [=](settings& s, const raw_value& v) {
        auto value = is(v, raw_value::shape::integer) ? number_of<std::int64_t>(v.text) : std::nullopt;
        if (!value || *value < low || *value > high) return false;
        using type = std::remove_reference_t<decltype(field(s))>;
        field(s) = static_cast<type>(*value);
        return true;
      },
      [=](const settings& s) { return std::to_string(field(s)); });
}

template <class Field>
key boolean_key(place at, Field field) {
  return row(
      at, "true or false", false,
      [=](settings& s, const raw_value& v) {
        if (!is(v, raw_value::shape::boolean) || (v.text != "true" && v.text != "false")) return false;
        field(s) = v.text == "true";
        return true;
      },
      [=](const settings& s) { return std::string(field(s) ? "true" : "false"); });
}

template <class Field>
key duration_key(place at, std::string_view allowed, Field field, milliseconds low,
                 milliseconds high = std::chrono::hours(24 * 36'500)) {
  return row(
      at, allowed, false,
      [=](settings& s, const raw_value& v) {
        auto value = is(v, raw_value::shape::text) ? parse_duration(v.text) : std::nullopt;
        // At most a hundred years: nothing that is added to a point in time may overflow.
        if (!value || *value < low || *value > high) return false;
        field(s) = *value;
        return true;
      },
      [=](const settings& s) { return toml_string(format_duration(field(s))); });
}

template <class Field>
key size_key(place at, std::string_view allowed, Field field, std::uint64_t low, std::uint64_t high) {
  return row(
      at, allowed, false,
      [=](settings& s, const raw_value& v) {
        bool fits = is(v, raw_value::shape::text) || v.as == raw_value::shape::integer;
        auto value = fits ? parse_size(v.text) : std::nullopt;
        if (!value || *value < low || *value > high) return false;
        field(s) = *value;
        return true;
      },
      [=](const settings& s) { return toml_string(format_size(field(s))); });
}

template <class Field>
key cidr_list_key(place at, Field field) {
  return row(
      at, "a list of addresses or networks such as \"10.0.0.0/8\", \"2001:db8::/32\"", false,
      [=](settings& s, const raw_value& v) {
        auto items = list_of(v);
        if (!items) return false;
        std::vector<std::string> networks;
        for (const std::string& item : *items) {
          auto network = read_cidr(item);
          if (!network) return false;
          networks.push_back(*network);
        }
        field(s) = networks;
        return true;
      },
      [=](const settings& s) { return toml_list(field(s)); });
}

// One of the words of `allowed`, which reads "a, b, c".
template <class Field>
key word_key(place at, std::string_view allowed, Field field) {
  return row(
      at, allowed, false,
      [=](settings& s, const raw_value& v) {
        auto words = split_list(allowed);
        bool known = std::find(words.begin(), words.end(), v.text) != words.end();
        if (!is(v, raw_value::shape::text) || !known) return false;
        field(s) = v.text;
        return true;
      },
      [=](const settings& s) { return toml_string(field(s)); });
}

} // namespace suivi::config
