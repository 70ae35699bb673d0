// The table of status codes. The French texts are compared byte by byte with what the shop already holds.
#include "common/maystro/status.hpp"

#include <array>
#include <fmt/format.h>

namespace suivi::maystro {
namespace {

constexpr std::array<status, 18> table{{
    {4, "CREATED", "CRÉÉ"},
    {5, "PICK_UP_REQUESTED", "DEMANDE DE RAMASSAGE"},
    {6, "IN_PROCESS", "EN COURS"},
    {8, "WAITING_TRANSIT", "EN ATTENTE DE TRANSIT"},
    {9, "IN_TRANSIT_TO_BE_SHIPPED", "EN TRANSIT POUR EXPÉDITION"},
    {10, "IN_TRANSIT_TO_BE_RETURNED", "EN TRANSIT POUR RETOUR"},
    {11, "PENDING", "EN ATTENTE"},
    {12, "OUT_OF_STOCK", "EN RUPTURE DE STOCK"},
    {15, "READY_TO_SHIP", "PRÊT À EXPÉDIER"},
    {22, "ASSIGNED", "ASSIGNÉ"},
    {31, "SHIPPED", "EXPÉDIÉ"},
    {32, "ALERTED", "ALERTÉ"},
    {41, "DELIVERED", "LIVRÉ"},
    {42, "POSTPONED", "REPORTÉ"},
    {50, "ABORTED", "ANNULÉ"},
    {51, "READY_TO_RETURN", "PRÊT À RETOURNER"},
    {52, "TAKEN_BY_STORE", "PRIS PAR LE MAGASIN"},
    {53, "NOT_RECEIVED", "NON REÇU"},
}};

// 0: none.
int leg_of(int code) {
  switch (code) {
  case 4:
  case 5:
  case 6:
  case 12:
  case 15:
    return 1;
  case 8:
  case 9:
    return 2;
  case 22:
  case 31:
  case 32:
  case 42:
    return 3;
  case ready_to_return:
  case in_transit_to_be_returned:
    return 4;
  default:
    return is_terminal(code) ? 5 : 0;
  }
}

} // namespace

std::span<const status> all_statuses() {
  return table;
}

std::string status_text(int code) {
  for (const status& s : table)
    if (s.code == code) return std::string(s.text);
  return fmt::format("INCONNU ({})", code);
}

bool is_terminal(int code) {
  return code == delivered || code == aborted || code == taken_by_store || code == not_received;
}

bool is_earlier_leg(int code, int than) {
  if (code == created) return than != created && (leg_of(than) != 0 || than == pending);
  return leg_of(code) != 0 && leg_of(code) < leg_of(than);
}

bool is_returning(int code) {
  return code == aborted || code == ready_to_return || code == in_transit_to_be_returned ||
         code == taken_by_store || code == not_received;
}

} // namespace suivi::maystro
