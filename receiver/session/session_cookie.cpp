// Makes and reads the session's cookie.
#include "receiver/session/session_cookie.hpp"

#include "common/crypto/crypto.hpp"

#include <algorithm>
#include <charconv>

namespace suivi::receiver {
namespace {

constexpr std::string_view version = "v1.";
constexpr std::size_t random_size = 16;

std::string bytes_of(const crypto::sha256_digest& digest) {
  return {digest.begin(), digest.end()};
}

// HKDF of RFC 5869 with one block of output.
std::string derive_key(const secret& token) {
  std::string extracted = bytes_of(crypto::hmac_sha256("suivi", token.reveal()));
  return bytes_of(crypto::hmac_sha256(extracted, "session cookie\x01"));
}

std::string_view name_of(bool encrypted) {
  return encrypted ? "__Host-suivi" : "suivi";
}

std::string attributes(bool encrypted, seconds age) {
  std::string text = "; Path=/; Max-Age=" + std::to_string(age.count()) + "; HttpOnly; SameSite=Strict";
  if (encrypted) text += "; Secure";
  return text;
}

} // namespace

session_cookies::session_cookies(const secret& token) : key_(derive_key(token)) {}

std::string session_cookies::sign(std::string_view text) const {
  return crypto::hex(bytes_of(crypto::hmac_sha256(key_.reveal(), text)));
}

std::string session_cookies::make(instant now) const {
  auto expiry = std::chrono::floor<seconds>(now + session_length).time_since_epoch().count();
  std::string text =
      std::string(version) + std::to_string(expiry) + "." + crypto::hex(crypto::random_bytes(random_size));
  return text + "." + sign(text);
}

std::optional<instant> session_cookies::verify(std::string_view value, instant now) const {
  if (!value.starts_with(version)) return std::nullopt;
  auto end_of_text = value.rfind('.');
  auto text = value.substr(0, end_of_text);
  if (text.size() <= version.size()) return std::nullopt;
  if (!crypto::equal_in_constant_time(sign(text), value.substr(end_of_text + 1))) return std::nullopt;
  auto rest = text.substr(version.size());
  std::int64_t expiry = 0;
  auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), expiry);
  if (failed != std::errc() || end == rest.data() + rest.size() || *end != '.') return std::nullopt;
  instant ends{seconds(expiry)};
  if (ends <= now) return std::nullopt;
  return ends;
}

std::string set_session(std::string_view value, bool encrypted) {
  return std::string(name_of(encrypted)) + "=" + std::string(value) + attributes(encrypted, session_length);
}

std::string clear_session(bool encrypted) {
  return std::string(name_of(encrypted)) + "=" + attributes(encrypted, seconds(0));
}

std::optional<std::string_view> session_of(const http::header_list& headers, bool encrypted) {
  for (const auto& [name, text] : headers) {
    if (!http::same_name(name, "Cookie")) continue;
    std::string_view rest = text;
    while (!rest.empty()) {
      auto pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name_of(encrypted))
        return pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

} // namespace suivi::receiver
