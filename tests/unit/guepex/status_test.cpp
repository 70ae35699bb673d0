// Guepex's statuses into the shop's texts.
#include "common/guepex/status.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace suivi::guepex;

TEST_CASE("every known status has its text, whatever its case and accents") {
  CHECK(all_statuses().size() == 30);
  std::set<std::string> texts;
  for (const status& s : all_statuses()) {
    CAPTURE(s.name);
    CHECK(read_status(s.name)->text == s.text);
    CHECK(read_status(s.text)->text == s.text);
    CHECK(read_status(s.name)->known);
    texts.insert(std::string(s.text));
  }
  CHECK(texts.size() == 30);
  CHECK(read_status("Echec Livraison")->text == "ÉCHEC LIVRAISON");
  CHECK(read_status("echange échoué")->text == "ÉCHANGE ÉCHOUÉ");
  CHECK(read_status(" livre ")->text == "LIVRÉ");
}

TEST_CASE("a status that nobody knows is its own text in capitals") {
  auto read = read_status("Perdu à la gare");
  REQUIRE(read);
  CHECK(read->text == "PERDU À LA GARE");
  CHECK_FALSE(read->known);
}

TEST_CASE("a blank, endless or broken text is no status") {
  CHECK_FALSE(read_status(""));
  CHECK_FALSE(read_status(" \t"));
  CHECK_FALSE(read_status(std::string(513, 'a')));
  CHECK_FALSE(read_status("Livr\xE9")); // Latin-1
}

TEST_CASE("what is delivered, final, an alert or on its way back") {
  CHECK(is_delivered("LIVRÉ"));
  CHECK_FALSE(is_delivered("RETOURNÉ AU VENDEUR"));
  for (const char* text : {"LIVRÉ", "RETOURNÉ AU VENDEUR", "ÉCHANGE ÉCHOUÉ"}) CHECK(is_final(text));
  CHECK_FALSE(is_final("RETOUR VERS VENDEUR"));
  for (const char* text : {"EN ALERTE", "TENTATIVE ÉCHOUÉE", "BLOQUÉ"}) CHECK(is_alert(text));
  CHECK_FALSE(is_alert("ALERTE RÉSOLUE"));
  CHECK(is_returning("RETOUR GROUPÉ"));
  CHECK_FALSE(is_returning("LIVRÉ"));
}
