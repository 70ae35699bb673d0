// Checks a signature: it is computed again and compared in constant time.
#include "common/guepex/signature.hpp"

#include "common/crypto/crypto.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace suivi::guepex {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool is_signed(std::string_view body, std::string_view signature, std::string_view secret) {
  if (secret.empty()) return false;
  while (signature.starts_with(' ')) signature.remove_prefix(1);
  while (signature.ends_with(' ')) signature.remove_suffix(1);
  std::string signed_digest(signature);
  std::ranges::transform(signed_digest, signed_digest.begin(), lower);
  constexpr std::string_view prefix = "sha256=";
  if (signed_digest.starts_with(prefix)) signed_digest.erase(0, prefix.size());
  crypto::sha256_digest made = crypto::hmac_sha256(secret, body);
  std::string expected = crypto::hex({reinterpret_cast<const char*>(made.data()), made.size()});
  return crypto::equal_in_constant_time(signed_digest, expected);
}

std::optional<std::string> challenge_answer(std::string_view crc_token) {
  bool printable = std::ranges::all_of(crc_token, [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (crc_token.empty() || crc_token.size() > challenge_bytes_max || !printable) return std::nullopt;
  return "{\"crc_token\":" + boost::json::serialize(boost::json::string(crc_token)) + "}";
}

} // namespace suivi::guepex
