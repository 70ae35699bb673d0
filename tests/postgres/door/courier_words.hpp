// What differs between the couriers of the random cases: the states that their parcels go through, and
// whether they say since when.
#pragma once

#include "common/shipment/courier.hpp"
#include "common/shipment/parcel_state.hpp"

#include <array>
#include <string>

namespace suivi::test {

struct courier_words {
  courier_kind courier;
  std::array<parcel_state, 8> states; // a parcel is made in the first one
  bool tells_since_when;              // and no reason of an alert
  bool sends_webhooks;
  bool knows_references; // else the shop has the tracking number from the beginning
};

[[nodiscard]] inline const courier_words& words_of(courier_kind courier) {
  static const auto text = [](const char* of) { return parcel_state(std::string(of)); };
  static const std::array all{
      courier_words{courier_kind::maystro, {4, 5, 15, 31, 32, 41, 50, 52}, false, true, true},
      courier_words{courier_kind::guepex,
                    {text("EN PRÉPARATION"), text("EXPÉDIÉ"), text("VERS WILAYA"), text("SORTI EN LIVRAISON"),
                     text("TENTATIVE ÉCHOUÉE"), text("LIVRÉ"), text("RETOUR VERS CENTRE"),
                     text("RETOURNÉ AU VENDEUR")},
                    true,
                    true,
                    true},
      courier_words{courier_kind::nord_west,
                    {text("UPLOADÉ SUR LE SYSTÈME"), text("VALIDÉ"), text("EN LIVRAISON"), text("SUSPENDU"),
                     text("LIVRÉ"), text("MONTANT TRANSMIS AU PARTENAIRE"), text("RETOUR EN TRANSIT"),
                     text("EN UN LIEU INCONNU")},
                    true,
                    false,
                    false}};
  return all[static_cast<std::size_t>(courier) - 1];
}

} // namespace suivi::test
