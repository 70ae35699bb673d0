// Words that couriers and shops make names of members, states and reasons of. A word that is none of them,
// and is written with a capital or in another alphabet, may be somebody's name. Pure.
#pragma once

#include <string>
#include <string_view>

namespace suivi::receiver {

// Whether the words in a member's name are known, for the greater part. Words of up to three letters count
// neither way, unless they are written as names are (`Ali`).
[[nodiscard]] bool is_mostly_known(std::string_view name);

// Whether a word of it may be somebody's name: four letters and more that are not known, in capitals or
// behind one, or of another alphabet; without any digit in the text, also the three of `Ali`.
[[nodiscard]] bool may_hold_name(std::string_view text);

// Whether words that are written as names are (`Amina`), and are not known, make more than half of it.
[[nodiscard]] bool is_mostly_names(std::string_view text);

// `***` for each word of a reason that may be somebody's name: one that is not known and is written with a
// capital or in another alphabet, or stands behind a word that introduces names (`client`, `chez`).
[[nodiscard]] std::string without_names(std::string_view reason);

} // namespace suivi::receiver
