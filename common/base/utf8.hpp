// Bytes that claim to be UTF-8 text.
#pragma once

#include <string>
#include <string_view>

namespace suivi {

// Well-formed by Unicode's table 3-7 (no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes);

// ASCII without U+0000, as nearly all texts are: storable as it is.
[[nodiscard]] bool is_plain_ascii(std::string_view bytes);

// Every maximal ill-formed part becomes U+FFFD; U+0000, which PostgreSQL's text refuses, is dropped.
[[nodiscard]] std::string to_storable_text(std::string_view bytes);

} // namespace suivi
