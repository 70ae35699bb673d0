// Keys are digests of tagged, length-prefixed parts, so that no two kinds can collide.
#include "receiver/event/dedupe_key.hpp"

#include "common/base/time.hpp"
#include "common/crypto/crypto.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

namespace suivi::receiver {
namespace {

// Of SHA-256's 32: enough that no two of any number of webhooks meet by chance, and half the size of the
// largest index.
constexpr std::size_t key_bytes = 16;

// Valid while the digest lives.
std::string_view as_text(const crypto::sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string key_of(char kind, std::string_view qualifier, std::string_view body_digest) {
  std::string length = std::to_string(qualifier.size());
  std::string parts;
  parts.reserve(1 + length.size() + 1 + qualifier.size() + body_digest.size());
  parts += kind;
  parts += length;
  parts += ':';
  parts += qualifier;
  parts += body_digest;
  crypto::sha256_digest whole = crypto::sha256(parts);
  return std::string(as_text(whole).substr(0, key_bytes));
}

std::string key_of(char kind, std::string_view qualifier, const crypto::sha256_digest& body) {
  return key_of(kind, qualifier, as_text(body));
}

// In quotes it is what serialize() makes of it: base64, say.
bool is_plain(std::string_view text) {
  bool plain = true;
  for (char c : text) plain &= c >= ' ' && c <= '~' && c != '"' && c != '\\';
  return plain;
}

std::string as_json(const boost::json::value& content) {
  if (const boost::json::string* text = content.if_string(); text != nullptr && is_plain(*text)) {
    std::string quoted;
    quoted.reserve(text->size() + 2);
    quoted += '"';
    quoted.append(text->data(), text->size());
    quoted += '"';
    return quoted;
  }
  return boost::json::serialize(content);
}

// Without the wrapper, as far as it could be taken off.
std::string stated_facts(std::string_view raw, const courier_event& event) {
  if (!event.body) return std::string(raw);
  const auto* whole = event.body->if_object();
  const auto* message = whole == nullptr ? nullptr : whole->if_contains("message");
  const auto* wrapper = message == nullptr ? nullptr : message->if_object();
  const auto* content = wrapper == nullptr ? nullptr : wrapper->if_contains("data");
  return as_json(content == nullptr ? *event.body : *content);
}

} // namespace

dedupe_key choose_key(std::string_view raw, const courier_event& event) {
  bool understood = event.kind != event_kind::not_understood;
  if (event.message_id && !event.message_id->empty())
    return {key_of(understood ? 'm' : 'M', *event.message_id, crypto::sha256(stated_facts(raw, event))),
            false};
  if (event.published_at)
    return {key_of(understood ? 'p' : 'P', format_instant(*event.published_at), crypto::sha256(raw)), false};
  return {key_of(understood ? 'b' : 'B', "", crypto::sha256(raw)), true};
}

dedupe_key choose_change_key(std::string_view raw, const courier_event& event, std::string_view account) {
  bool understood = event.kind != event_kind::not_understood;
  std::string qualifier = std::to_string(account.size()) + ':' + std::string(account);
  if (event.message_id)
    return {key_of(understood ? 'g' : 'G', qualifier + *event.message_id, std::string_view()), false};
  if (event.published_at) qualifier += format_instant(*event.published_at);
  return {key_of(understood ? 'e' : 'E', qualifier, crypto::sha256(raw)), false};
}

} // namespace suivi::receiver
