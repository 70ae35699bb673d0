// The words of Guepex and Nord West for a parcel's steps.
#include "tests/maystro_sim/world/other_words.hpp"

#include "tests/maystro_sim/world/row.hpp"

#include <charconv>
#include <fmt/format.h>

namespace suivi::sim {
namespace {

constexpr std::uint64_t first_display_id = 3'000'000;

std::string_view prefix_of(courier_kind courier) {
  return courier == courier_kind::guepex ? "yal-" : "ECSSIM";
}

words guepex_words(int status) {
  switch (status) {
  case 4:
    return {"", "En préparation", "EN PRÉPARATION"};
  case 5:
    return {"", "Prêt à expédier", "PRÊT À EXPÉDIER"};
  case 6:
    return {"", "Ramassé", "RAMASSÉ"};
  case 11:
    return {"", "Expédié", "EXPÉDIÉ"};
  case 12:
    return {"", "Transfert", "TRANSFERT"};
  case 15:
    return {"", "Vers Wilaya", "VERS WILAYA"};
  case 8:
    return {"", "Centre", "CENTRE"};
  case 9:
    return {"", "Reçu à Wilaya", "REÇU À WILAYA"};
  case 22:
    return {"", "Sorti en livraison", "SORTI EN LIVRAISON"};
  case 31:
    return {"", "En attente du client", "EN ATTENTE DU CLIENT"};
  case 32:
    return {"", "Tentative échouée", "TENTATIVE ÉCHOUÉE"};
  case 42:
    return {"", "En attente", "EN ATTENTE"};
  case 41:
    return {"", "Livré", "LIVRÉ"};
  case 50:
    return {"", "Echèc livraison", "ÉCHEC LIVRAISON"};
  case 51:
    return {"", "Retour vers centre", "RETOUR VERS CENTRE"};
  case 10:
    return {"", "Retour vers vendeur", "RETOUR VERS VENDEUR"};
  case 52:
    return {"", "Retourné au vendeur", "RETOURNÉ AU VENDEUR"};
  case 53:
    return {"", "Echange échoué", "ÉCHANGE ÉCHOUÉ"};
  default:
    return {"", "Égaré au dépôt", "ÉGARÉ AU DÉPÔT"};
  }
}

words nord_west_words(int status) {
  switch (status) {
  case 4:
    return {"upload", "Uploadé sur le système", "UPLOADÉ SUR LE SYSTÈME"};
  case 5:
    return {"customer_validation", "Validé", "VALIDÉ"};
  case 6:
    return {"validation_collect_colis", "Colis Ramassé", "COLIS RAMASSÉ"};
  case 11:
  case 12:
    return {"validation_reception_admin", "Reception validé", "RECEPTION VALIDÉ"};
  case 15:
    return {"validation_reception", "Enlevé par le livreur", "ENLEVÉ PAR LE LIVREUR"};
  case 8:
    return {"fdr_activated", "En livraison", "EN LIVRAISON"};
  case 9:
    return {"return_redispatched_to_livraison", "Retour remis en livraison", "RETOUR REMIS EN LIVRAISON"};
  case 22:
    return {"sent_to_redispatch", "En livraison", "EN LIVRAISON"};
  case 31:
    return {"mise_a_jour", "Tentative de livraison", "TENTATIVE DE LIVRAISON"};
  case 32:
    return {"nouvel_tentative_asked_by_customer", "Nouvelle tentative demandée",
            "NOUVELLE TENTATIVE DEMANDÉE"};
  case 42:
    return {"colis_suspendu", "Suspendu", "SUSPENDU"};
  case 41:
    return {"livre", "Livré", "LIVRÉ"};
  case 50:
    return {"return_asked_by_customer", "Retour demandé par le partenaire",
            "RETOUR DEMANDÉ PAR LE PARTENAIRE"};
  case 51:
    return {"return_asked_by_hub", "Retour en transit", "RETOUR EN TRANSIT"};
  case 10:
    return {"retour_dispatched_to_partenaires", "Retour transmis au partenaire",
            "RETOUR TRANSMIS AU PARTENAIRE"};
  case 52:
    return {"return_validated_by_partener", "Retour validé par le partenaire",
            "RETOUR VALIDÉ PAR LE PARTENAIRE"};
  case 53:
    return {"livraison_echoue_recu", "Retour reçu par le partenaire", "RETOUR REÇU PAR LE PARTENAIRE"};
  default:
    return {"egare_au_depot", "Égaré au dépôt", "ÉGARÉ AU DÉPÔT"};
  }
}

} // namespace

words words_for(courier_kind courier, int status) {
  return courier == courier_kind::guepex ? guepex_words(status) : nord_west_words(status);
}

words last_words(courier_kind courier, const parcel_view& parcel) {
  if (courier == courier_kind::nord_west && parcel.status == 41) {
    const std::uint64_t fate = hash({601, parcel.serial}) % 3;
    if (fate == 1)
      return {"verssement_admin_cust", "Montant transmis au partenaire", "MONTANT TRANSMIS AU PARTENAIRE"};
    if (fate == 2)
      return {"validation_reception_cash_by_partener", "Montant reçu par le partenaire",
              "MONTANT REÇU PAR LE PARTENAIRE"};
  }
  return words_for(courier, parcel.status);
}

std::string tracking_of(courier_kind courier, const identity& who) {
  if (courier == courier_kind::maystro) return who.tracking;
  return fmt::format("{}{:010}", prefix_of(courier), who.display_id);
}

std::string tracking_of(courier_kind courier, const parcel_view& parcel) {
  if (courier != courier_kind::maystro && parcel.is_named)
    return std::string(prefix_of(courier)) + parcel.who.uuid;
  return tracking_of(courier, parcel.who);
}

std::optional<parcel_index> find_tracking(const world& all, courier_kind courier, std::string_view tracking) {
  const std::string_view prefix = prefix_of(courier);
  if (!tracking.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = tracking.substr(prefix.size());
  std::optional<parcel_index> found = all.find_uuid(rest);
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  const bool is_number = failed == std::errc() && end == rest.data() + rest.size();
  if (!found && is_number && number >= first_display_id)
    found = all.find_uuid(identify(all.shape().first.seed, number - first_display_id).uuid);
  if (!found || tracking_of(courier, all.view(*found, instant::max())) != tracking) return std::nullopt;
  return found;
}

std::string plain_time(instant t) {
  std::string text = local_time(t).substr(0, 19); // 2026-01-31T10:30:00
  text[10] = ' ';
  return text;
}

std::string plain_day(instant t) {
  return local_time(t).substr(0, 10);
}

} // namespace suivi::sim
