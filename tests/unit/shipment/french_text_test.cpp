// Words that differ in case, accents or blanks only.
#include "common/shipment/french_text.hpp"

#include <doctest/doctest.h>

using namespace suivi;

TEST_CASE("texts that differ in case, accents or blanks only are equal once folded") {
  CHECK(folded("Echèc livraison") == folded("  ÉCHEC\tLIVRAISON "));
  CHECK(folded("Retourné au  vendeur") == "retourne au vendeur");
  CHECK(folded("Reçu\u00A0à Wilaya") == "recu a wilaya");
  CHECK(folded("Livre\u0301") == "livre"); // the accent as a character of its own
  CHECK(folded("Cœur d’Alger") == "coeur d'alger");
  CHECK(folded(" \t").empty());
}

TEST_CASE("other letters pass unchanged and ill-formed bytes do no harm") {
  CHECK(folded("تم التسليم") == "تم التسليم");
  CHECK(folded("3×4") == "3×4");
  CHECK(folded("a\xFF") == "a\xEF\xBF\xBD");
}

TEST_CASE("capitals keep their accents") {
  CHECK(in_capitals("Reçu à Wilaya") == "REÇU À WILAYA");
  CHECK(in_capitals(" prêt à expédier ") == "PRÊT À EXPÉDIER");
  CHECK(in_capitals("cœur ÿ ÷") == "CŒUR Ÿ ÷");
  CHECK(in_capitals("  ").empty());
}
