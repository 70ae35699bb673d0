// Split at `&` and `=`, escapes undone; what is no form ends the attempt early.
#include "common/maystro/form.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_text.hpp"

#include <algorithm>
#include <boost/json/string.hpp>
#include <string>

namespace suivi::maystro {
namespace {

namespace json = boost::json;

constexpr std::size_t fields_max = 200;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      plain += ' ';
    } else if (text[at] != '%') {
      plain += text[at];
    } else {
      int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      plain += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return plain;
}

bool is_wrapper(std::string_view name) {
  return name == "payload" || name == "data";
}

// Senders forget to escape the `+` of base64.
void mend_base64(std::string& value) {
  std::string_view core = trimmed_text(value);
  bool is_json = core.starts_with('{') || core.starts_with('[') || core.starts_with('"');
  if (!is_json) std::ranges::replace(value, ' ', '+');
}

} // namespace

std::optional<json::object> read_form(std::string_view text) {
  text = trimmed_text(text);
  std::size_t first_equals = text.find('=');
  if (first_equals == std::string_view::npos || text.starts_with('{') || text.starts_with('['))
    return std::nullopt;
  if (text.find("payload=") == std::string_view::npos && text.find("data=") == std::string_view::npos)
    return std::nullopt;
  json::object fields;
  bool wraps = false;
  for (std::string_view rest = text; !rest.empty() && fields.size() < fields_max;) {
    std::size_t end = std::min(rest.find('&'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = decoded(pair.substr(0, equals));
    std::optional<std::string> value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return std::nullopt;
    if (is_wrapper(*name)) {
      mend_base64(*value);
      wraps = wraps || !value->empty();
    }
    std::string key = to_storable_text(*name);
    std::string content = to_storable_text(*value);
    if (!key.empty()) fields.insert({{std::string_view(key), json::value(std::string_view(content))}});
  }
  if (!wraps) return std::nullopt;
  return fields;
}

} // namespace suivi::maystro
