// A handler for Boost.JSON's push parser that sees every number's own text, which the ready-made parser
// throws away.
#include "common/json/json_text.hpp"

#include "common/base/utf8.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <exception>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace suivi {
namespace {

namespace json = boost::json;
using json::error_code;

// Builds the value as json::parser would; differs in numbers and in U+0000.
struct keeping_digits {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  std::array<unsigned char, 4096> first_room; // enough for nearly every document, and not cleared before
  json::value_stack stack;
  bool number_too_large = false;
  json_limits within;
  std::size_t values = 0;
  bool too_many = false;
  std::string kept; // what storable() returns, where it had to drop something

  keeping_digits() : stack({}, first_room.data(), first_room.size()) {}

  json::string_view storable(json::string_view s) {
    if (s.find('\0') == json::string_view::npos) return s;
    kept.assign(s.data(), s.size());
    std::erase(kept, '\0');
    return {kept.data(), kept.size()};
  }

  // Before a value is built: objects cost more than their size where names collide.
  bool count(error_code& ec) {
    if (++values <= within.values_max) return true;
    return refuse_size(ec);
  }
  bool refuse_size(error_code& ec) {
    too_many = true;
    ec = json::make_error_code(json::error::object_too_large);
    return false;
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& ec) { return count(ec); }
  bool on_object_end(std::size_t n, error_code& ec) {
    if (n > within.members_max) return refuse_size(ec);
    return stack.push_object(n), true;
  }
  bool on_array_begin(error_code& ec) { return count(ec); }
  bool on_array_end(std::size_t n, error_code&) { return stack.push_array(n), true; }
  bool on_key_part(json::string_view s, std::size_t, error_code&) {
    return stack.push_chars(storable(s)), true;
  }
  bool on_key(json::string_view s, std::size_t, error_code&) { return stack.push_key(storable(s)), true; }
  bool on_string_part(json::string_view s, std::size_t, error_code&) {
    return stack.push_chars(storable(s)), true;
  }
  bool on_string(json::string_view s, std::size_t, error_code& ec) {
    return count(ec) && (stack.push_string(storable(s)), true);
  }
  bool on_number_part(json::string_view, error_code&) {
    return true;
  } // the text comes in one piece: never called
  bool on_int64(std::int64_t i, json::string_view, error_code& ec) {
    return count(ec) && (stack.push_int64(i), true);
  }
  bool on_uint64(std::uint64_t u, json::string_view, error_code& ec) {
    return count(ec) && (stack.push_uint64(u), true);
  }
  bool on_bool(bool b, error_code& ec) { return count(ec) && (stack.push_bool(b), true); }
  bool on_null(error_code& ec) { return count(ec) && (stack.push_null(), true); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

  bool on_double(double rounded, json::string_view text, error_code& ec) {
    if (!count(ec)) return false;
    if (text.find_first_of(".eE") == json::string_view::npos) return stack.push_string(text), true;
    // The parser's own conversion is off by one unit now and then; the standard one is not.
    double exact = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), exact);
    if (problem != std::errc()) exact = rounded; // out of range: 0 if too small, infinite if too large
    if (std::isfinite(exact)) return stack.push_double(exact), true;
    number_too_large = true;
    ec = json::make_error_code(json::error::exponent_overflow);
    return false;
  }
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The code unit of the `\uXXXX` at `at`; 0 if there is none.
unsigned escaped_unit(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
  unsigned unit = 0;
  auto [end, problem] = std::from_chars(text.data() + at + 2, text.data() + at + 6, unit, 16);
  return problem == std::errc() && end == text.data() + at + 6 ? unit : 0;
}

bool is_lone_surrogate(std::string_view text, std::size_t at) {
  unsigned unit = escaped_unit(text, at);
  if (unit < 0xD800 || unit > 0xDFFF) return false;
  unsigned next = escaped_unit(text, at + 6);
  return unit >= 0xDC00 || next < 0xDC00 || next > 0xDFFF;
}

// Escapes of lone surrogates become those of U+FFFD. A backslash outside of texts is no JSON, before and
// afterwards.
bool mend_surrogates(std::string& text) {
  bool mended = false;
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    bool lone = is_lone_surrogate(text, at);
    if (lone) text.replace(at + 2, 4, "FFFD");
    mended = mended || lone;
    unsigned unit = escaped_unit(text, at);
    at += unit >= 0xD800 && unit <= 0xDFFF ? 12 : 2; // a pair, or whatever is escaped
  }
  return mended;
}

error explain(error_code why, const keeping_digits& handler) {
  if (handler.too_many) return permanent("json:size", "it has too many values or members");
  bool number_too_large = handler.number_too_large;
  if (number_too_large || why == json::error::exponent_overflow)
    return permanent("json:number", "a number in it is too large");
  if (why == json::error::too_deep) return permanent("json:depth", "it is nested too deep");
  return permanent("json:syntax", "it is not JSON");
}

void append(const boost::json::value& value, std::string& to) {
  if (const auto* object = value.if_object()) {
    char before = '{';
    for (const auto& member : *object) {
      to += std::exchange(before, ',');
      to += boost::json::serialize(boost::json::string(member.key()));
      to += ':';
      append(member.value(), to);
    }
    to += object->empty() ? "{}" : "}";
  } else if (const auto* list = value.if_array()) {
    char before = '[';
    for (const auto& one : *list) {
      to += std::exchange(before, ',');
      append(one, to);
    }
    to += list->empty() ? "[]" : "]";
  } else if (const auto* number = value.if_double(); number && std::isfinite(*number)) {
    to += fmt::format("{}", *number);
  } else {
    to += boost::json::serialize(value);
  }
}

} // namespace

std::string_view trimmed_text(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

result<json::value> parse_json(std::string_view text, half_surrogates how, json_limits within,
                               json::storage_ptr where) {
  text = trimmed_text(text);
  if (text.empty()) return permanent("json:empty", "it is empty");
  if (!is_utf8(text)) return permanent("json:utf8", "it is not UTF-8");
  try {
    json::basic_parser<keeping_digits> parser{json::parse_options{}};
    keeping_digits& handler = parser.handler();
    handler.stack.reset(where);
    handler.within = within;
    error_code why;
    std::size_t used = parser.write_some(false, text.data(), text.size(), why);
    std::string mended;
    if (why && !handler.too_many && mend_surrogates(mended.assign(text))) {
      auto without = parse_json(mended, how, within, std::move(where));
      if (without && how == half_surrogates::fail)
        return permanent("json:surrogate", "half a surrogate pair is in it");
      return without;
    }
    if (why) return explain(why, handler);
    if (used != text.size()) return permanent("json:syntax", "something follows its JSON");
    return handler.stack.release();
  } catch (const std::exception&) { // out of memory, or a size beyond the library's own limits
    return permanent("json:syntax", "it is too large to be read");
  }
}

std::string write_json(const boost::json::value& value) {
  std::string text;
  append(value, text);
  return text;
}

} // namespace suivi
