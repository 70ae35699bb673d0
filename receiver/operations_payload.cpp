// Masking, of values and of text that only looks like JSON.
#include "receiver/operations_payload.hpp"

#include "common/base/utf8.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view masked = "***";
constexpr std::size_t most_text_bytes = 64 * 1024;
constexpr int most_texts_within = 3; // JSON in a text in JSON …

void mask_within(json::value& in, int texts_left);

void mask_text(json::string& text, int texts_left) {
  std::string_view all(text.data(), text.size());
  auto first = all.find_first_not_of(" \t\r\n");
  bool json_like = first != std::string_view::npos && (all[first] == '{' || all[first] == '[');
  if (!json_like || texts_left == 0) return;
  boost::system::error_code failed;
  auto inner = json::parse(text, failed);
  if (failed) return;
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

// Where the value that begins at `at` ends: a text at its closing quote, which is escaped as often as its
// opening one was; anything else before the next mark.
std::size_t end_of_value(std::string_view text, std::size_t at, std::string_view quote) {
  if (!text.substr(at).starts_with(quote)) return std::min(text.find_first_of(",}]\n", at), text.size());
  at += quote.size();
  for (;;) {
    auto closing = text.find(quote, at);
    if (closing == std::string_view::npos) return text.size();
    if (text[closing - 1] != '\\') return closing;
    at = closing + quote.size();
  }
}

// `"name" : value`, also with its quotes escaped.
std::string mask_names(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  std::size_t open = text.find('"');
  while (open != std::string_view::npos) {
    auto before = open;
    while (before > done && text[before - 1] == '\\') --before;
    auto quote = text.substr(before, open + 1 - before);
    auto close = text.find(quote, open + 1);
    bool closed = close != std::string_view::npos;
    auto name = closed ? text.substr(open + 1, close - open - 1) : std::string_view();
    auto colon = closed ? text.find_first_not_of(" \t\r\n", close + quote.size()) : std::string_view::npos;
    bool names_a_value = colon != std::string_view::npos && text[colon] == ':' && is_private_name(name);
    if (!names_a_value) {
      open = text.find('"', open + 1);
      continue;
    }
    auto value = std::min(text.find_first_not_of(" \t\r\n", colon + 1), text.size());
    auto end = end_of_value(text, value, quote);
    bool quoted = text.substr(value).starts_with(quote);
    out += text.substr(done, value - done);
    if (quoted) out += quote;
    out += masked;
    done = end;
    open = text.find('"', quoted ? std::min(end + quote.size(), text.size()) : end);
  }
  out += text.substr(done);
  return out;
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
  mask_within(in, most_texts_within);
}

json::value shown_payload(std::string_view raw, std::optional<json::value> decoded) {
  if (decoded) {
    mask(*decoded);
    return std::move(*decoded);
  }
  auto part = raw.substr(0, most_text_bytes);
  if (part.size() < raw.size()) // not in the middle of a character
    for (int i = 0; i < 3 && !part.empty() && (static_cast<unsigned char>(raw[part.size()]) & 0xc0) == 0x80;
         ++i)
      part.remove_suffix(1);
  auto text = mask_names(to_storable_text(part));
  return json::value(std::string_view(text));
}

} // namespace suivi::receiver
