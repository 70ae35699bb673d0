// Guepex's statuses are French texts; the shop stores them in capitals. Compared without case and accents.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace suivi::guepex {

struct status {
  std::string_view name; // as the courier writes it
  std::string_view text; // LIVRÉ, exactly as the shop's tables hold it
};

// The 30 known ones.
[[nodiscard]] std::span<const status> all_statuses();

struct shop_status {
  std::string text;   // the shop's
  bool known = false; // else it is the courier's own text in capitals
};

// nullopt for a text that is blank, longer than 512 bytes or no UTF-8.
[[nodiscard]] std::optional<shop_status> read_status(std::string_view last_status);

// These take the shop's text.
[[nodiscard]] bool is_delivered(std::string_view text);
// Livré, Retourné au vendeur, Echange échoué: nothing follows.
[[nodiscard]] bool is_final(std::string_view text);
// En alerte, Tentative échouée, Bloqué: somebody has to do something.
[[nodiscard]] bool is_alert(std::string_view text);
// The parcel goes back; an order shipped again shows another one.
[[nodiscard]] bool is_returning(std::string_view text);

} // namespace suivi::guepex
