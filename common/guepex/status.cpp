// The table of statuses. The texts are compared byte by byte with what the shop already holds.
#include "common/guepex/status.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_fields.hpp"
#include "common/shipment/french_text.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace suivi::guepex {
namespace {

constexpr std::string_view delivered = "LIVRÉ";
constexpr std::string_view returned = "RETOURNÉ AU VENDEUR";
constexpr std::string_view exchange_failed = "ÉCHANGE ÉCHOUÉ";

constexpr std::array<status, 30> table{{
    {"Pas encore expédié", "PAS ENCORE EXPÉDIÉ"},
    {"A vérifier", "À VÉRIFIER"},
    {"En préparation", "EN PRÉPARATION"},
    {"Pas encore ramassé", "PAS ENCORE RAMASSÉ"},
    {"Prêt à expédier", "PRÊT À EXPÉDIER"},
    {"Ramassé", "RAMASSÉ"},
    {"Bloqué", "BLOQUÉ"},
    {"Débloqué", "DÉBLOQUÉ"},
    {"Transfert", "TRANSFERT"},
    {"Expédié", "EXPÉDIÉ"},
    {"Centre", "CENTRE"},
    {"En localisation", "EN LOCALISATION"},
    {"Vers Wilaya", "VERS WILAYA"},
    {"Reçu à Wilaya", "REÇU À WILAYA"},
    {"En attente du client", "EN ATTENTE DU CLIENT"},
    {"Sorti en livraison", "SORTI EN LIVRAISON"},
    {"En attente", "EN ATTENTE"},
    {"En alerte", "EN ALERTE"},
    {"Alerte résolue", "ALERTE RÉSOLUE"},
    {"Tentative échouée", "TENTATIVE ÉCHOUÉE"},
    {"Livré", delivered},
    {"Echèc livraison", "ÉCHEC LIVRAISON"},
    {"Retour vers centre", "RETOUR VERS CENTRE"},
    {"Retourné au centre", "RETOURNÉ AU CENTRE"},
    {"Retour transfert", "RETOUR TRANSFERT"},
    {"Retour groupé", "RETOUR GROUPÉ"},
    {"Retour à retirer", "RETOUR À RETIRER"},
    {"Retour vers vendeur", "RETOUR VERS VENDEUR"},
    {"Retourné au vendeur", returned},
    {"Echange échoué", exchange_failed},
}};

const std::unordered_map<std::string, std::string_view>& texts_by_folded_name() {
  static const std::unordered_map<std::string, std::string_view> by_name = [] {
    std::unordered_map<std::string, std::string_view> made;
    for (const status& s : table) made.emplace(folded(s.name), s.text);
    return made;
  }();
  return by_name;
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& texts) {
  return std::ranges::find(texts, text) != texts.end();
}

} // namespace

std::span<const status> all_statuses() {
  return table;
}

std::optional<shop_status> read_status(std::string_view last_status) {
  if (last_status.size() > id_bytes_max || !is_utf8(last_status)) return std::nullopt;
  std::string name = folded(last_status);
  if (name.empty()) return std::nullopt;
  auto found = texts_by_folded_name().find(name);
  if (found != texts_by_folded_name().end()) return shop_status{std::string(found->second), true};
  return shop_status{in_capitals(last_status), false};
}

bool is_delivered(std::string_view text) {
  return text == delivered;
}

bool is_final(std::string_view text) {
  return text == delivered || text == returned || text == exchange_failed;
}

bool is_alert(std::string_view text) {
  static constexpr std::array<std::string_view, 3> alerts{"EN ALERTE", "TENTATIVE ÉCHOUÉE", "BLOQUÉ"};
  return is_one_of(text, alerts);
}

bool is_returning(std::string_view text) {
  static constexpr std::array<std::string_view, 9> returns{
      "ÉCHEC LIVRAISON",  "RETOUR VERS CENTRE",  "RETOURNÉ AU CENTRE",  "RETOUR TRANSFERT", "RETOUR GROUPÉ",
      "RETOUR À RETIRER", "RETOUR VERS VENDEUR", "RETOURNÉ AU VENDEUR", "ÉCHANGE ÉCHOUÉ"};
  return is_one_of(text, returns);
}

} // namespace suivi::guepex
