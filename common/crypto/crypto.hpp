// The one door to OpenSSL's EVP: digests, keyed digests, constant-time comparison, base64, random bytes.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::crypto {

using sha256_digest = std::array<unsigned char, 32>;

[[nodiscard]] sha256_digest sha256(std::string_view bytes);
// HMAC-SHA-256 of RFC 2104.
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view message);
[[nodiscard]] std::string hex(std::string_view bytes);

// Takes time that depends on the length of `a`, which a stranger may know, and on nothing else.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// Standard or URL-safe alphabet, padded or not; white space around it and line breaks inside are skipped.
// nullopt for anything else, a single left-over character among it.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
[[nodiscard]] std::string base64_encode(std::string_view bytes);

// From the operating system's generator.
[[nodiscard]] std::string random_bytes(std::size_t count);

} // namespace suivi::crypto
