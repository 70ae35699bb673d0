// The table of events. The texts are compared byte by byte with what the shop already holds.
#include "common/nord_west/event.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_fields.hpp"
#include "common/shipment/french_text.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace suivi::nord_west {
namespace {

constexpr std::string_view delivered = "LIVRÉ";
constexpr std::string_view money_sent = "MONTANT TRANSMIS AU PARTENAIRE";
constexpr std::string_view money_canceled = "VERSEMENT ANNULÉ";
constexpr std::string_view money_received = "MONTANT REÇU PAR LE PARTENAIRE";
constexpr std::string_view return_validated = "RETOUR VALIDÉ PAR LE PARTENAIRE";

constexpr std::array<event, 39> table{{
    {"upload", "UPLOADÉ SUR LE SYSTÈME"},
    {"customer_validation", "VALIDÉ"},
    {"validation_collect_colis", "COLIS RAMASSÉ"},
    {"validation_reception_admin", "RECEPTION VALIDÉ"},
    {"validation_reception", "ENLEVÉ PAR LE LIVREUR"},
    {"fdr_activated", "EN LIVRAISON"},
    {"sent_to_redispatch", "EN LIVRAISON"},
    {"nouvel_tentative_asked_by_customer", "NOUVELLE TENTATIVE DEMANDÉE"},
    {"return_asked_by_customer", "RETOUR DEMANDÉ PAR LE PARTENAIRE"},
    {"return_asked_by_hub", "RETOUR EN TRANSIT"},
    {"retour_dispatched_to_partenaires", "RETOUR TRANSMIS AU PARTENAIRE"},
    {"return_dispatched_to_partenaire", "RETOUR TRANSMIS AU PARTENAIRE"},
    {"colis_retour_transmit_to_partner", "RETOUR TRANSMIS AU PARTENAIRE"},
    {"colis_pickup_transmit_to_partner", "PICK-UP TRANSMIS AU PARTENAIRE"},
    {"annulation_dispatch_retour", "TRANSMISSION DU RETOUR ANNULÉE"},
    {"cancel_return_dispatched_to_partenaire", "TRANSMISSION DU RETOUR ANNULÉE"},
    {"livraison_echoue_recu", "RETOUR REÇU PAR LE PARTENAIRE"},
    {"return_validated_by_partener", return_validated},
    {"return_redispatched_to_livraison", "RETOUR REMIS EN LIVRAISON"},
    {"return_dispatched_to_warehouse", "RETOUR TRANSMIS VERS ENTREPÔT"},
    {"pickedup", "PICK-UP COLLECTÉ"},
    {"valid_return_pickup", "PICK-UP VALIDÉ"},
    {"pickup_picked_recu", "PICK-UP REÇU PAR LE PARTENAIRE"},
    {"colis_suspendu", "SUSPENDU"},
    {"livre", delivered},
    {"livred", delivered},
    {"verssement_admin_cust", money_sent},
    {"verssement_admin_cust_canceled", money_canceled},
    {"verssement_hub_cust_canceled", money_canceled},
    {"validation_reception_cash_by_partener", money_received},
    {"echange_valide", "ÉCHANGE VALIDÉ"},
    {"echange_valid_by_hub", "ÉCHANGE VALIDÉ"},
    {"ask_to_delete_by_admin", "DEMANDE DE SUPPRESSION", false},
    {"ask_to_delete_by_hub", "DEMANDE DE SUPPRESSION", false},
    {"edited_informations", "INFORMATIONS MODIFIÉES", false},
    {"edit_price", "PRIX MODIFIÉ", false},
    {"edit_wilaya", "CHANGEMENT DE WILAYA", false},
    {"extra_fee", "SURFACTURATION DU COLIS", false},
    {"mise_a_jour", "TENTATIVE DE LIVRAISON"},
}};

struct index {
  std::unordered_map<std::string_view, const event*> by_key;
  std::unordered_map<std::string, const event*> by_folded_text;
};

const index& known_events() {
  static const index known = [] {
    index made;
    for (const event& one : table) {
      made.by_key.emplace(one.key, &one);
      made.by_folded_text.emplace(folded(one.text), &one);
    }
    return made;
  }();
  return known;
}

} // namespace

std::span<const event> all_events() {
  return table;
}

std::optional<shop_event> read_event(std::string_view key, std::string_view french_text) {
  if (key.size() > id_bytes_max || french_text.size() > id_bytes_max) return std::nullopt;
  if (!is_utf8(key) || !is_utf8(french_text)) return std::nullopt;
  const index& known = known_events();
  std::string folded_key = folded(key);
  if (auto found = known.by_key.find(folded_key); found != known.by_key.end())
    return shop_event{std::string(found->second->text), true, found->second->says_where};
  if (auto found = known.by_folded_text.find(folded(french_text)); found != known.by_folded_text.end())
    return shop_event{std::string(found->second->text), true, found->second->says_where};
  std::string text = in_capitals(french_text);
  if (text.empty()) text = in_capitals(key);
  // Whoever asks for a deletion, whichever way it is spelled, moves no parcel.
  bool says_where = !folded_key.starts_with("ask_to_delete_");
  return text.empty() ? std::nullopt : std::optional(shop_event{std::move(text), false, says_where});
}

bool is_delivered(std::string_view text) {
  static constexpr std::array<std::string_view, 4> texts{delivered, money_sent, money_canceled,
                                                         money_received};
  return std::ranges::find(texts, text) != texts.end();
}

bool is_final(std::string_view text) {
  return text == money_received || text == return_validated;
}

} // namespace suivi::nord_west
