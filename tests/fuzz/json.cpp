// JSON as the courier's is parsed, against the library's ready-made parser: both accept the same texts, but
// for what json_text.hpp says, and find the same values in them.
#include "common/json/json_text.hpp"

#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace suivi::fuzz {
namespace {

namespace json = boost::json;

bool holds_nul(std::string_view text) {
  return text.find("\\u0000") != std::string_view::npos;
}

bool without_nul(const json::value& v) {
  if (const json::string* s = v.if_string()) return s->find('\0') == json::string::npos;
  if (const json::array* a = v.if_array())
    return std::all_of(a->begin(), a->end(), [](const json::value& each) { return without_nul(each); });
  if (const json::object* o = v.if_object())
    return std::all_of(o->begin(), o->end(), [](const json::key_value_pair& member) {
      return member.key().find('\0') == json::string_view::npos && without_nul(member.value());
    });
  return true;
}

bool is_whole_text(const json::value& v) {
  const json::string* s = v.if_string();
  if (s == nullptr) return false;
  std::string_view digits(s->data(), s->size());
  if (digits.starts_with('-')) digits.remove_prefix(1);
  return digits.size() >= 19 && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

// Neither a point nor an exponent behind any digit.
bool holds_integers_only(std::string_view text) {
  for (std::size_t at = text.find_first_of(".eE", 1); at < text.size();
       at = text.find_first_of(".eE", at + 1))
    if (text[at - 1] >= '0' && text[at - 1] <= '9') return false;
  return true;
}

// `theirs` may have rounded: long integers to doubles, doubles by a unit in the last place, `0e999` to no
// number at all.
bool alike(const json::value& ours, const json::value& theirs, bool integers_only) {
  if (const double* d = theirs.if_double()) {
    if (is_whole_text(ours)) return true;
    if (integers_only) return false;
    const double* own = ours.if_double();
    return own != nullptr && std::isfinite(*own) &&
           (!std::isfinite(*d) || std::abs(*own - *d) <= std::abs(*d) * 1e-15);
  }
  if (ours.kind() != theirs.kind()) return false;
  if (const json::object* o = ours.if_object()) {
    const json::object& other = theirs.get_object();
    if (o->size() != other.size()) return false;
    for (const auto& [name, value] : *o)
      if (const json::value* found = other.if_contains(name);
          found == nullptr || !alike(value, *found, integers_only))
        return false;
    return true;
  }
  if (const json::array* a = ours.if_array()) {
    const json::array& other = theirs.get_array();
    if (a->size() != other.size()) return false;
    for (std::size_t i = 0; i < a->size(); ++i)
      if (!alike((*a)[i], other[i], integers_only)) return false;
    return true;
  }
  return ours == theirs;
}

} // namespace

void one_input(std::string_view bytes) {
  auto strict = parse_json(bytes);
  auto mended = parse_json(bytes, half_surrogates::mend);
  if (strict) {
    require(mended.has_value() && *mended == *strict, "nothing is mended where nothing is broken");
    auto again = parse_json(json::serialize(*strict));
    require(again.has_value() && *again == *strict, "what was read can be written and read back");
  } else {
    require(!strict.error().code.empty() && !strict.error().detail.empty(), "an error says what is wrong");
    require(mended.has_value() == (strict.error().code == "json:surrogate"),
            "half surrogates are all that is mended");
  }
  if (mended) require(without_nul(*mended), "no U+0000 comes out");

  json::error_code problem;
  json::value theirs = json::parse(json::string_view(trimmed_text(bytes)), problem);
  if (problem) {
    require(!strict.has_value(), "what the library refuses is refused");
  } else if (!strict) {
    std::string code = strict.error().code; // error() answers a copy
    require(code == "json:number" || code == "json:utf8" || code == "json:size",
            "what the library accepts is refused for its numbers or its size only");
  } else if (!holds_nul(bytes)) {
    require(alike(*strict, theirs, holds_integers_only(bytes)), "the library reads the same values");
  }
}

} // namespace suivi::fuzz
