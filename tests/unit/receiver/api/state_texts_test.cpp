// Couriers' own words for states, as reasons too: none of them is hidden. And a name as a short base64.
#include "common/maystro/status.hpp"
#include "receiver/api/redaction/redaction.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <string>
#include <string_view>

using namespace suivi;
namespace json = boost::json;

namespace {

// Each before a `|`.
constexpr std::string_view of_other_couriers =
    "LIVR\u00c9|RETOURN\u00c9 AU VENDEUR|\u00c9CHANGE \u00c9CHOU\u00c9|Pas encore exp\u00e9di\u00e9|"
    "PAS ENCORE EXP\u00c9DI\u00c9|A v\u00e9rifier|\u00c0 V\u00c9RIFIER|En pr\u00e9paration|"
    "EN PR\u00c9PARATION|Pas encore ramass\u00e9|PAS ENCORE RAMASS\u00c9|"
    "Pr\u00eat \u00e0 exp\u00e9dier|PR\u00caT \u00c0 EXP\u00c9DIER|Ramass\u00e9|RAMASS\u00c9|"
    "Bloqu\u00e9|BLOQU\u00c9|D\u00e9bloqu\u00e9|D\u00c9BLOQU\u00c9|Transfert|TRANSFERT|"
    "Exp\u00e9di\u00e9|EXP\u00c9DI\u00c9|Centre|CENTRE|En localisation|EN LOCALISATION|Vers Wilaya|"
    "VERS WILAYA|Re\u00e7u \u00e0 Wilaya|RE\u00c7U \u00c0 WILAYA|En attente du client|"
    "EN ATTENTE DU CLIENT|Sorti en livraison|SORTI EN LIVRAISON|En attente|EN ATTENTE|En alerte|"
    "EN ALERTE|Alerte r\u00e9solue|ALERTE R\u00c9SOLUE|Tentative \u00e9chou\u00e9e|"
    "TENTATIVE \u00c9CHOU\u00c9E|Livr\u00e9|Ech\u00e8c livraison|\u00c9CHEC LIVRAISON|"
    "Retour vers centre|RETOUR VERS CENTRE|Retourn\u00e9 au centre|RETOURN\u00c9 AU CENTRE|"
    "Retour transfert|RETOUR TRANSFERT|Retour group\u00e9|RETOUR GROUP\u00c9|Retour \u00e0 retirer|"
    "RETOUR \u00c0 RETIRER|Retour vers vendeur|RETOUR VERS VENDEUR|Retourn\u00e9 au vendeur|"
    "Echange \u00e9chou\u00e9|MONTANT TRANSMIS AU PARTENAIRE|VERSEMENT ANNUL\u00c9|"
    "MONTANT RE\u00c7U PAR LE PARTENAIRE|RETOUR VALID\u00c9 PAR LE PARTENAIRE|upload|"
    "UPLOAD\u00c9 SUR LE SYST\u00c8ME|VALID\u00c9|COLIS RAMASS\u00c9|RECEPTION VALID\u00c9|"
    "ENLEV\u00c9 PAR LE LIVREUR|EN LIVRAISON|NOUVELLE TENTATIVE DEMAND\u00c9E|"
    "RETOUR DEMAND\u00c9 PAR LE PARTENAIRE|RETOUR EN TRANSIT|RETOUR TRANSMIS AU PARTENAIRE|"
    "PICK-UP TRANSMIS AU PARTENAIRE|TRANSMISSION DU RETOUR ANNUL\u00c9E|"
    "RETOUR RE\u00c7U PAR LE PARTENAIRE|RETOUR REMIS EN LIVRAISON|RETOUR TRANSMIS VERS ENTREP\u00d4T|"
    "pickedup|PICK-UP COLLECT\u00c9|PICK-UP VALID\u00c9|PICK-UP RE\u00c7U PAR LE PARTENAIRE|SUSPENDU|"
    "livre|livred|\u00c9CHANGE VALID\u00c9|DEMANDE DE SUPPRESSION|INFORMATIONS MODIFI\u00c9ES|"
    "PRIX MODIFI\u00c9|CHANGEMENT DE WILAYA|SURFACTURATION DU COLIS|TENTATIVE DE LIVRAISON|";

std::string masked_member(const std::string& member, const std::string& text) {
  json::value body{{member, text}};
  receiver::mask(body);
  return std::string(body.at(member).as_string());
}

} // namespace

TEST_CASE("a short text in base64 that is padded is no id") {
  CHECK(masked_member("info", "S2FyaW0=") == "***");
  CHECK(masked_member("y", "Karim.Benali(at)example.org") == "***");
}

TEST_CASE("the couriers' own words for states are not hidden") {
  auto check = [](std::string_view text) {
    CHECK(masked_member("status_text", std::string(text)) == text);
    CHECK(masked_member("alert_reason", std::string(text)) == text);
  };
  for (const maystro::status& each : maystro::all_statuses()) {
    check(each.constant);
    check(each.text);
  }
  std::string_view rest = of_other_couriers;
  while (!rest.empty()) {
    std::size_t end = rest.find('|');
    check(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}
