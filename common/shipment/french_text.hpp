// French words as the couriers write them, now with and now without their accents. Pure.
#pragma once

#include <string>
#include <string_view>

namespace suivi {

// For comparing: lower case, without accents, œ as oe, one blank between words, none around. Texts that
// differ in case, accents or blanks only are equal. `text` is UTF-8.
[[nodiscard]] std::string folded(std::string_view text);

// The text in capitals, accents kept, without blanks around it: `Reçu` → `REÇU`.
[[nodiscard]] std::string in_capitals(std::string_view text);

} // namespace suivi
