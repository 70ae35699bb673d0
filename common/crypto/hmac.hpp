// HMAC-SHA256 (RFC 2104), for signatures under a shared secret.
#pragma once

#include "common/crypto/crypto.hpp"

#include <string_view>

namespace suivi::crypto {

[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view bytes);

} // namespace suivi::crypto
