// Masking, of values and of texts: JSON, cut-off JSON, base64 and forms are taken apart, masked and put
// together again, up to so many layers.
#include "receiver/api/redaction/redaction.hpp"

#include "common/base/utf8.hpp"
#include "common/compression/inflate.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/message/message.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_event.hpp"
#include "receiver/api/redaction/broken_json.hpp"
#include "receiver/api/redaction/contacts.hpp"
#include "receiver/api/redaction/known_words.hpp"
#include "receiver/api/redaction/member_kind.hpp"
#include "receiver/api/redaction/private_names.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view masked = "***";
constexpr std::size_t text_bytes_max = 64 * 1024;
constexpr std::size_t noise_bytes_max = 64; // longer texts of base64 that hold no text are not shown
constexpr int layers_max = 5;               // JSON in a text in base64 in JSON …
constexpr std::string_view blanks = " \t\r\n";

std::string masked_text(std::string_view text, member_kind kind, int layers);
std::string masked_member(std::string_view member, std::string_view text, int layers);
void mask_within(json::value& in, std::string_view member, int layers);

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// An id may be made like a phone number; what has parts, of which one is such a number, is no id.
std::string masked_identity(std::string_view text) {
  std::string redacted = without_addresses(text);
  std::string no_phones = without_contacts(redacted);
  if (no_phones != redacted && may_hold_name(no_phones)) return std::string(masked);
  bool has_parts = redacted.find_first_of(" /") != std::string::npos || redacted.starts_with('+');
  return has_parts ? no_phones : redacted;
}

std::string masked_member(std::string_view member, std::string_view text, int layers) {
  if (is_private_name(member)) return std::string(masked);
  if (is_label_of_event(member)) {
    if (is_like_event_type(text)) return std::string(text);
    if (!is_like_message_id(text)) return std::string(masked);
  }
  std::string redacted = masked_text(text, kind_of_member(member), layers);
  if (is_identity_name(member)) return masked_identity(redacted);
  redacted = without_contacts(redacted);
  return is_reason_name(member) ? without_names(redacted) : redacted;
}

// `{"key":"customer_name","value":…}`: the private name stands in another member.
void mask_named_values(json::object& in) {
  bool is_private = std::ranges::any_of(in, [](const json::key_value_pair& each) {
    const json::string* text = each.value().if_string();
    return text != nullptr && holds_name_of_member(each.key()) && is_private_name(view(*text));
  });
  if (!is_private) return;
  for (json::key_value_pair& each : in)
    if (holds_value_of_member(each.key())) each.value() = masked;
}

// `["customer_name",…]`
void mask_second_of_pair(json::array& in) {
  const json::string* name = in.size() == 2 ? in.front().if_string() : nullptr;
  if (name != nullptr && is_private_name(view(*name))) in.back() = masked;
}

void mask_members(json::object& of, std::string_view within, int layers) {
  bool plain = true;
  mask_named_values(of);
  for (json::key_value_pair& each : of) {
    std::string_view name(each.key().data(), each.key().size());
    bool is_plain = is_plain_name(name);
    plain = plain && is_plain;
    if (!is_plain || is_private_name(name))
      each.value() = masked;
    else
      mask_within(each.value(), governing_name(within, name), layers);
  }
  if (plain) return;
  json::object redacted;
  for (json::key_value_pair& each : of)
    redacted[is_plain_name(each.key()) ? each.key() : json::string_view(masked)] = std::move(each.value());
  of = std::move(redacted);
}

void mask_within(json::value& in, std::string_view member, int layers) {
  if (json::object* object = in.if_object()) {
    mask_members(*object, member, layers);
  } else if (json::array* list = in.if_array()) {
    mask_second_of_pair(*list);
    for (json::value& each : *list) mask_within(each, member, layers);
  } else if (json::string* text = in.if_string()) {
    *text = masked_member(member, view(*text), layers);
  } else if (!may_be_shown(kind_of_member(member), in)) {
    in = masked;
  }
}

// Words that people can read, rather than the noise that nearly every id is when it is taken for base64.
bool is_readable(std::string_view bytes) {
  if (bytes.empty() || !is_utf8(bytes)) return false;
  std::size_t words = 0;
  for (char each : bytes) {
    auto c = static_cast<unsigned char>(each);
    bool control = c < 0x20 && blanks.find(each) == std::string_view::npos;
    if (control || c == 0x7f) return false;
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    words += letter || c == ' ' || c >= 0x80 ? 1 : 0;
  }
  return words * 2 >= bytes.size();
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// Hexadecimal of words; of anything else it is an id.
bool is_hex_of_text(std::string_view text) {
  constexpr std::size_t shortest = 16;
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.size() < shortest || text.size() % 2 != 0 || !is_hex(text)) return false;
  std::string bytes;
  auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (std::size_t at = 0; at < text.size(); at += 2)
    bytes += static_cast<char>(value(text[at]) * 16 + value(text[at + 1]));
  return is_readable(bytes);
}

bool has_hex_of_text(std::string_view text) {
  while (!text.empty()) {
    std::size_t end = std::min(text.find_first_of(blanks), text.size());
    if (is_hex_of_text(text.substr(0, end))) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

std::string without_blanks(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  for (char c : text)
    if (blanks.find(c) == std::string_view::npos) compact += c;
  return compact;
}

// As `like` is written: its alphabet and its padding.
std::string base64_like(std::string_view like, std::string_view bytes) {
  std::string text = crypto::base64_encode(bytes);
  bool url_safe = like.find_first_of("-_") != std::string_view::npos;
  for (char& c : text) {
    if (url_safe && c == '+') c = '-';
    if (url_safe && c == '/') c = '_';
  }
  bool padded = like.ends_with('=') || like.size() % 4 == 0;
  while (!padded && text.ends_with('=')) text.pop_back();
  return text;
}

// nullopt where it is no base64, or base64 of noise by chance.
std::optional<std::string> masked_base64(std::string_view text, member_kind kind, int layers) {
  constexpr std::size_t shortest = 6;
  std::string compact = without_blanks(text);
  if (compact.size() < shortest) return std::nullopt;
  std::optional<std::string> bytes = crypto::base64_decode(compact);
  if (!bytes) return std::nullopt;
  std::string_view inner = trimmed_text(*bytes);
  if (!is_readable(inner)) {
    bool packed = compact.starts_with("H4sI"); // gzip
    if (packed || (compact.size() > noise_bytes_max && !is_hex(compact))) return std::string(masked);
    return std::nullopt;
  }
  std::string redacted = masked_text(inner, member_kind::body, layers - 1);
  if (redacted == masked) {
    // A short id may be base64 of letters by chance; a body is not short.
    bool by_chance = kind != member_kind::body && compact.size() < 12 && !compact.ends_with('=') &&
                     is_like_message_id(compact);
    return by_chance ? std::nullopt : std::optional<std::string>(masked);
  }
  return base64_like(compact, redacted);
}

bool is_form_name(std::string_view name) {
  constexpr std::string_view marks = "_-.[]";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return plain || marks.find(c) != std::string_view::npos;
  });
}

std::optional<std::string> form_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return http::percent_decode(spaced);
}

// One that webhooks have; in running text anything may stand before a `=`.
bool is_known_name(std::string_view name) {
  return kind_of_member(name) != member_kind::unlisted || is_private_name(name) ||
         http::same_name(name, "payload") || http::same_name(name, "data");
}

// The name of the member whose text has members of its own.
std::string_view name_around(member_kind kind) {
  return kind == member_kind::remark ? "remark" : "";
}

// `status=1&note=2`; nullopt where it is none.
std::optional<std::string> masked_form(std::string_view text, member_kind kind, int layers) {
  if (text.find('=') == std::string_view::npos || text.find_first_of("\r\n") != std::string_view::npos)
    return std::nullopt;
  std::string out;
  bool known = false;
  for (std::string_view rest = text; !rest.empty();) {
    std::size_t end = std::min(rest.find('&'), rest.size());
    std::string_view pair = rest.substr(0, end);
    std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string_view sent = pair.substr(equals + 1);
    std::optional<std::string> name = form_decoded(pair.substr(0, equals));
    if (!name || !is_form_name(*name)) return std::nullopt;
    known = known || is_known_name(*name);
    std::optional<std::string> value = form_decoded(sent);
    bool plain = is_plain_name(*name);
    std::string redacted(masked);
    if (plain && value)
      redacted =
          masked_member(governing_name(name_around(kind), *name), to_storable_text(*value), layers - 1);
    out += plain ? pair.substr(0, equals) : masked;
    out += '=';
    if (redacted == masked)
      out += redacted;
    else
      out += value && redacted == *value ? std::string(sent) : http::percent_encode(redacted);
    if (end < rest.size()) out += '&';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!known) return std::nullopt;
  return out;
}

std::string masked_json(json::value read, member_kind kind, int layers) {
  if (const json::string* text = read.if_string()) {
    std::string inner = masked_text(view(*text), kind, layers - 1);
    return write_json(json::value(json::string(inner)));
  }
  mask_within(read, name_around(kind), layers - 1);
  return write_json(read);
}

bool is_json_like(std::string_view text) {
  return text.starts_with('{') || text.starts_with('[') || text.starts_with('"');
}

std::string masked_text(std::string_view text, member_kind kind, int layers) {
  std::string_view core = trimmed_text(text);
  if (core.empty()) return std::string(text);
  if (is_json_like(core)) {
    if (layers <= 0) return std::string(masked);
    result<json::value> read = parse_json(core, half_surrogates::mend);
    if (read) return masked_json(std::move(*read), kind, layers);
    return shown_broken_json(core, [kind, layers](std::string_view member, std::string_view inner) {
      return masked_member(governing_name(name_around(kind), member), inner, layers - 1);
    });
  }
  if (may_be_shown(member_kind::body, core)) return std::string(text);
  bool is_number = core.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_number && may_be_shown(kind, core)) return std::string(text);
  if (layers <= 0 || has_hex_of_text(core)) return std::string(masked);
  if (std::optional<std::string> redacted = masked_base64(core, kind, layers)) return *redacted;
  if (std::optional<std::string> redacted = masked_form(core, kind, layers)) return *redacted;
  bool visible = may_be_shown(kind, core) && !names_private_value(core);
  return std::string(visible ? text : masked);
}

// Its compression undone, where it has one.
std::string plain_body(std::string_view raw) {
  bool packed = looks_compressed(raw) || !is_utf8(raw);
  result<std::string> plain = packed ? inflated(raw, default_unpacked_bytes_max) : std::string(raw);
  return plain ? std::move(*plain) : std::string(raw);
}

// Not in the middle of a character.
std::string_view beginning_of(std::string_view raw) {
  std::string_view part = raw.substr(0, text_bytes_max);
  if (part.size() == raw.size()) return part;
  for (int i = 0; i < 3 && !part.empty() && (static_cast<unsigned char>(raw[part.size()]) & 0xc0) == 0x80;
       ++i)
    part.remove_suffix(1);
  return part;
}

} // namespace

void mask(json::value& in) {
  mask_within(in, "", layers_max);
}

json::value redacted_payload(std::string_view raw, std::optional<json::value> decoded) {
  if (decoded && decoded->is_structured()) {
    mask(*decoded);
    return std::move(*decoded);
  }
  std::string plain = plain_body(raw);
  std::string text = to_storable_text(beginning_of(plain));
  std::string redacted = masked_text(text, member_kind::body, layers_max);
  bool is_literal =
      decoded && !decoded->is_string() && (decoded->is_bool() || decoded->is_null() || redacted == text);
  return is_literal ? std::move(*decoded) : json::value(json::string(redacted));
}

std::string masked_body(std::string_view raw) {
  return masked_text(to_storable_text(plain_body(raw)), member_kind::body, layers_max);
}

std::optional<std::string> shown_event_type(const std::optional<std::string>& name) {
  if (!name || is_like_event_type(*name)) return name;
  return std::string(masked);
}

std::optional<std::string> shown_type_of_signed(const std::optional<std::string>& name) {
  return name && is_identifier(*name) ? name : shown_event_type(name);
}

std::optional<std::string> shown_message_id(const std::optional<std::string>& id) {
  if (!id || is_like_message_id(*id)) return id;
  return std::string(masked);
}

} // namespace suivi::receiver
