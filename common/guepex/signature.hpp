// Who speaks: the signature of Guepex's webhooks, and the challenge by which it asks whether an address
// listens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace suivi::guepex {

inline constexpr std::string_view signature_header = "X-YALIDINE-SIGNATURE";

// `signature` is the hex HMAC-SHA256 of the raw body under `secret`, in any case, with or without `sha256=`
// before it. Compared in constant time. An empty secret signs nothing.
[[nodiscard]] bool is_signed(std::string_view body, std::string_view signature, std::string_view secret);

inline constexpr std::size_t challenge_bytes_max = 512;

// The answer to `crc_token`, a JSON object that holds it; nullopt for one that is not 1 to 512 printable
// ASCII characters.
[[nodiscard]] std::optional<std::string> challenge_answer(std::string_view crc_token);

} // namespace suivi::guepex
