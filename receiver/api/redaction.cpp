// Masking, of values and of text that only looks like JSON.
#include "receiver/api/redaction.hpp"

#include "common/base/utf8.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view masked = "***";
constexpr std::size_t text_bytes_max = 64 * 1024;
constexpr int texts_within_max = 3; // JSON in a text in JSON …

constexpr std::string_view blanks = " \t\r\n";

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::size_t skip(std::string_view text, std::size_t at, std::string_view bytes) {
  return std::min(text.find_first_not_of(bytes, at), text.size());
}

// The quote at `at`, escaped or not: `"`, `\"`, `'`; empty where there is none.
std::string_view quote_at(std::string_view text, std::size_t at) {
  auto mark = skip(text, at, "\\");
  bool quoted = mark < text.size() && (text[mark] == '"' || text[mark] == '\'');
  return quoted ? text.substr(at, mark + 1 - at) : std::string_view();
}

struct part {
  std::size_t begin = 0, end = 0;
};

// Up to the closing quote, which is escaped as often as the opening one was.
part quoted_value(std::string_view text, std::size_t at, std::string_view quote) {
  for (auto from = at;;) {
    auto closing = text.find(quote, from);
    if (closing == std::string_view::npos) return {at, text.size()};
    if (closing == at || text[closing - 1] != '\\') return {at, closing};
    from = closing + quote.size();
  }
}

// An object or a list, to its end.
part nested_value(std::string_view text, std::size_t at) {
  int depth = 0;
  for (auto end = at; end < text.size(); ++end) {
    if (text[end] == '{' || text[end] == '[') ++depth;
    if ((text[end] == '}' || text[end] == ']') && --depth == 0) return {at, end + 1};
  }
  return {at, text.size()};
}

// The value that follows a name ending at `at`: `name": value`, `name=value`, `name>value<`.
std::optional<part> value_after(std::string_view text, std::size_t at) {
  auto mark = skip(text, skip(text, at, "\\\"']"), blanks);
  if (mark >= text.size()) return std::nullopt;
  auto value = skip(text, mark + 1, blanks);
  if (text[mark] == '>') {
    auto end = std::min(text.find('<', value), text.size());
    return end > value ? std::optional<part>({value, end}) : std::nullopt; // none behind a closing one
  }
  if (text[mark] != ':' && text[mark] != '=') return std::nullopt;
  if (auto quote = quote_at(text, value); !quote.empty())
    return quoted_value(text, value + quote.size(), quote);
  if (value < text.size() && (text[value] == '{' || text[value] == '[')) return nested_value(text, value);
  auto ends = text[mark] == '=' ? "&;\n" : ",}]&;\n";
  return part{value, std::min(text.find_first_of(ends, value), text.size())};
}

// What stands behind a private name, in broken JSON, a form, or whatever writes names and values so.
std::string mask_names(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    auto value = is_private_name(text.substr(at, end - at)) ? value_after(text, end) : std::nullopt;
    if (value) {
      out += text.substr(done, value->begin - done);
      out += masked;
      done = value->end;
    }
    at = std::max(end + 1, done);
  }
  out += text.substr(done);
  return out;
}

void mask_within(json::value& in, int texts_left);

void mask_text(json::string& text, int texts_left) {
  std::string_view all(text.data(), text.size());
  auto first = all.find_first_not_of(blanks);
  bool json_like = first != std::string_view::npos && (all[first] == '{' || all[first] == '[');
  if (!json_like) return;
  boost::system::error_code failed;
  auto inner = texts_left > 0 ? json::parse(text, failed) : json::value();
  if (failed || texts_left == 0) {
    auto shown = mask_names(all);
    text = shown;
    return;
  }
  mask_within(inner, texts_left - 1);
  text = json::serialize(inner);
}

void mask_within(json::value& in, int texts_left) {
  if (auto* object = in.if_object()) {
    for (auto& [name, value] : *object) {
      if (is_private_name({name.data(), name.size()}))
        value = masked;
      else
        mask_within(value, texts_left);
    }
  } else if (auto* list = in.if_array()) {
    for (auto& value : *list) mask_within(value, texts_left);
  } else if (auto* text = in.if_string()) {
    mask_text(*text, texts_left);
  }
}

} // namespace

bool is_private_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower.starts_with("customer_") || lower.find("phone") != std::string::npos ||
         lower == "destination_text" || lower == "address";
}

void mask(json::value& in) {
  mask_within(in, texts_within_max);
}

json::value shown_payload(std::string_view raw, std::optional<json::value> decoded) {
  if (decoded) {
    mask(*decoded);
    return std::move(*decoded);
  }
  auto part = raw.substr(0, text_bytes_max);
  if (part.size() < raw.size()) // not in the middle of a character
    for (int i = 0; i < 3 && !part.empty() && (static_cast<unsigned char>(raw[part.size()]) & 0xc0) == 0x80;
         ++i)
      part.remove_suffix(1);
  auto text = mask_names(to_storable_text(part));
  return json::value(std::string_view(text));
}

} // namespace suivi::receiver
