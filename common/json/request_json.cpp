// The text is read a second time, by a handler that looks at names and at U+0000 alone.
#include "common/json/request_json.hpp"

#include "common/json/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace suivi {
namespace {

namespace json = boost::json;
using json::error_code;

struct ambiguity_finder {
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  std::vector<std::set<std::string>> names; // of the objects that are open
  std::string name;
  bool has_nul = false;
  bool has_twice = false;

  void probe(json::string_view s) { has_nul = has_nul || s.find('\0') != json::string_view::npos; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return names.emplace_back(), true; }
  bool on_object_end(std::size_t, error_code&) { return names.pop_back(), true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view s, std::size_t, error_code&) {
    probe(s);
    name.append(s.data(), s.size());
    return true;
  }
  bool on_key(json::string_view s, std::size_t n, error_code& ec) {
    on_key_part(s, n, ec);
    has_twice = !names.back().insert(std::exchange(name, {})).second || has_twice;
    return true;
  }
  bool on_string_part(json::string_view s, std::size_t, error_code&) { return probe(s), true; }
  bool on_string(json::string_view s, std::size_t, error_code&) { return probe(s), true; }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double, json::string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

} // namespace

result<json::value> parse_request(std::string_view text) {
  auto read = parse_json(text, half_surrogates::fail, event_limits);
  if (!read) return read;
  std::string_view whole = trimmed_text(text);
  json::basic_parser<ambiguity_finder> parser{json::parse_options{}};
  error_code why;
  parser.write_some(false, whole.data(), whole.size(), why);
  if (parser.handler().has_nul) return permanent("json:nul", "U+0000 is in it");
  if (parser.handler().has_twice) return permanent("json:twice", "it names a member twice");
  return read;
}

} // namespace suivi
