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

std::string digest(std::string_view bytes) {
  auto hash = crypto::sha256(bytes);
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string key_of(char kind, std::string_view qualifier, std::string_view body_digest) {
  std::string parts(1, kind);
  parts += std::to_string(qualifier.size());
  parts += ':';
  parts += qualifier;
  parts += body_digest;
  return digest(parts).substr(0, key_bytes);
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
    return {key_of(understood ? 'm' : 'M', *event.message_id, digest(stated_facts(raw, event))), false};
  if (event.published_at)
    return {key_of(understood ? 'p' : 'P', format_instant(*event.published_at), digest(raw)), false};
  return {key_of(understood ? 'b' : 'B', "", digest(raw)), true};
}

dedupe_key choose_change_key(std::string_view raw, const courier_event& event, std::string_view account) {
  bool understood = event.kind != event_kind::not_understood;
  std::string qualifier = std::to_string(account.size()) + ':' + std::string(account);
  if (event.message_id) return {key_of(understood ? 'g' : 'G', qualifier + *event.message_id, ""), false};
  if (event.published_at) qualifier += format_instant(*event.published_at);
  return {key_of(understood ? 'e' : 'E', qualifier, digest(raw)), false};
}

} // namespace suivi::receiver
