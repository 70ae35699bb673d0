// What happens to a Nord West parcel: events with a key and a French text, of which the newest that says
// where the parcel is, is its state.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace suivi::nord_west {

struct event {
  std::string_view key;
  std::string_view text;  // exactly as the shop's tables hold it
  bool says_where = true; // false: an edit, a fee or a request, which says nothing of where the parcel is
};

// The known ones.
[[nodiscard]] std::span<const event> all_events();

struct shop_event {
  std::string text;   // the shop's
  bool known = false; // else it is the courier's text, or its key, in capitals
  bool says_where = true;
};

// By key, in any case and with blanks around it; where there is none, or nobody knows it, by the French text,
// compared without case and accents. nullopt where neither says anything, or is longer than 512 bytes.
[[nodiscard]] std::optional<shop_event> read_event(std::string_view key, std::string_view french_text);

// These take the shop's text.
// LIVRÉ and what the money does afterwards: the parcel stays delivered.
[[nodiscard]] bool is_delivered(std::string_view text);
// The money was received, or the partner has validated the return: nothing follows.
[[nodiscard]] bool is_final(std::string_view text);

} // namespace suivi::nord_west
