// Paths are made of the couriers' own states, without a circle where the state alone tells the step.
#include "tests/simulation/courier_part.hpp"

#include "common/decision/state_rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace suivi::simulation {
namespace {

struct course {
  std::vector<parcel_state> onwards, back;
  parcel_state away, tried; // between these two a parcel may go to and fro
  double turns_back = 0.06;
  bool put_right = false; // delivered, then taken back by the courier's staff
};

parcel_state after(const std::vector<parcel_state>& way, const parcel_state& now) {
  auto found = std::ranges::find(way, now);
  return found == way.end() || found + 1 == way.end() ? now : *(found + 1);
}

parcel_state go_on(const course& c, const parcel_state& now, timeline& t) {
  if (now == c.back.back()) return now;
  if (std::ranges::find(c.back, now) != c.back.end()) return after(c.back, now);
  if (now == c.onwards.back()) return c.put_right && t.happens(0.1) ? c.back.front() : now;
  if (t.happens(c.turns_back)) return c.back.front();
  if (now == c.away && t.happens(0.4)) return c.tried;
  if (now == c.tried) return t.happens(0.5) ? after(c.onwards, c.away) : c.away;
  return after(c.onwards, now);
}

std::vector<parcel_state> texts(std::initializer_list<const char*> all) {
  std::vector<parcel_state> states;
  for (const char* text : all) states.emplace_back(std::string(text));
  return states;
}

parcel_state text(const char* of) {
  return parcel_state(std::string(of));
}

parcel_state next_of_maystro(const parcel_state& now, timeline& t) {
  static const course way{{4, 5, 6, 15, 8, 9, 22, 31, 41}, {50, 51, 10, 52}, 31, 32, 0.06, true};
  if (now == parcel_state(32)) return t.happens(0.5) ? parcel_state(22) : parcel_state(31);
  return go_on(way, now, t);
}

parcel_state next_of_guepex(const parcel_state& now, timeline& t) {
  static const course way{
      texts({"EN PRÉPARATION", "PRÊT À EXPÉDIER", "RAMASSÉ", "EXPÉDIÉ", "VERS WILAYA", "REÇU À WILAYA",
             "SORTI EN LIVRAISON", "LIVRÉ"}),
      texts({"ÉCHEC LIVRAISON", "RETOUR VERS CENTRE", "RETOUR VERS VENDEUR", "RETOURNÉ AU VENDEUR"}),
      text("SORTI EN LIVRAISON"), text("TENTATIVE ÉCHOUÉE")};
  return go_on(way, now, t);
}

parcel_state next_of_nord_west(const parcel_state& now, timeline& t) {
  static const course way{
      texts({"UPLOADÉ SUR LE SYSTÈME", "VALIDÉ", "COLIS RAMASSÉ", "RECEPTION VALIDÉ", "EN LIVRAISON", "LIVRÉ",
             "MONTANT TRANSMIS AU PARTENAIRE", "MONTANT REÇU PAR LE PARTENAIRE"}),
      texts({"RETOUR EN TRANSIT", "RETOUR TRANSMIS AU PARTENAIRE", "RETOUR VALIDÉ PAR LE PARTENAIRE"}),
      text("EN LIVRAISON"), text("TENTATIVE DE LIVRAISON")};
  return go_on(way, now, t);
}

bool goes_back_at_maystro(const parcel_state& state) {
  return shop::is_returning(courier_kind::maystro, state);
}
bool goes_back_at_guepex(const parcel_state& state) {
  return shop::is_returning(courier_kind::guepex, state);
}
bool goes_back_at_nord_west(const parcel_state& state) {
  return state.text().starts_with("RETOUR");
}

courier_part make(courier_kind kind) {
  courier::capabilities can = courier::capabilities_of(kind);
  switch (kind) {
  case courier_kind::guepex:
    return {kind, can, text("EN PRÉPARATION"), true, false, 8, &goes_back_at_guepex, &next_of_guepex};
  case courier_kind::nord_west:
    return {kind,  can, text("UPLOADÉ SUR LE SYSTÈME"), true,
            false, 5,   &goes_back_at_nord_west,        &next_of_nord_west};
  case courier_kind::maystro:
    break;
  }
  return {kind, can, 4, false, true, 5, &goes_back_at_maystro, &next_of_maystro};
}

} // namespace

const courier_part& part_of(courier_kind which) {
  static const std::array parts{make(couriers[0]), make(couriers[1]), make(couriers[2])};
  return parts[index_of(which)];
}

} // namespace suivi::simulation
