// The courier's codes and the shop's texts.
#include "common/maystro/status.hpp"

#include <doctest/doctest.h>

using namespace suivi::maystro;

TEST_CASE("every known code has the very text the shop stores") {
  CHECK(all_statuses().size() == 18);
  const std::pair<int, std::string_view> texts[] = {
      {4, "CRÉÉ"},
      {5, "DEMANDE DE RAMASSAGE"},
      {6, "EN COURS"},
      {8, "EN ATTENTE DE TRANSIT"},
      {9, "EN TRANSIT POUR EXPÉDITION"},
      {10, "EN TRANSIT POUR RETOUR"},
      {11, "EN ATTENTE"},
      {12, "EN RUPTURE DE STOCK"},
      {15, "PRÊT À EXPÉDIER"},
      {22, "ASSIGNÉ"},
      {31, "EXPÉDIÉ"},
      {32, "ALERTÉ"},
      {41, "LIVRÉ"},
      {42, "REPORTÉ"},
      {50, "ANNULÉ"},
      {51, "PRÊT À RETOURNER"},
      {52, "PRIS PAR LE MAGASIN"},
      {53, "NON REÇU"},
  };
  for (auto [code, text] : texts) CHECK(status_text(code) == text);
}

TEST_CASE("a code nobody has seen is shown with its number") {
  CHECK(status_text(7) == "INCONNU (7)");
  CHECK(status_text(0) == "INCONNU (0)");
}

TEST_CASE("the groups of codes are those of the header") {
  std::string terminal, returning;
  for (const status& s : all_statuses()) {
    if (is_terminal(s.code)) terminal += std::to_string(s.code) + " ";
    if (is_returning(s.code)) returning += std::to_string(s.code) + " ";
  }
  CHECK(terminal == "41 50 52 53 ");
  CHECK(returning == "10 50 51 52 53 ");
  CHECK_FALSE(is_terminal(999));
}
