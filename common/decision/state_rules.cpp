// What each courier's states mean for an order.
#include "common/decision/state_rules.hpp"

#include "common/guepex/status.hpp"
#include "common/maystro/status.hpp"
#include "common/nord_west/event.hpp"

#include <algorithm>

namespace suivi::shop {

std::string shown_text(const parcel_state& state) {
  return state.is_number() ? maystro::status_text(state.number()) : state.text();
}

bool is_delivered(courier_kind of, const parcel_state& state) {
  switch (of) {
  case courier_kind::maystro:
    return state == maystro::delivered;
  case courier_kind::guepex:
    return guepex::is_delivered(state.text());
  case courier_kind::nord_west:
    return nord_west::is_delivered(state.text());
  }
  return false;
}

bool is_terminal(courier_kind of, const parcel_state& state) {
  return of == courier_kind::maystro ? maystro::is_terminal(state.number()) : is_final(of, state);
}

bool is_final(courier_kind of, const parcel_state& state) {
  switch (of) {
  case courier_kind::maystro:
    return state == maystro::delivered || state == maystro::taken_by_store;
  case courier_kind::guepex:
    return guepex::is_final(state.text());
  case courier_kind::nord_west:
    return nord_west::is_final(state.text());
  }
  return false;
}

std::vector<std::string> final_texts(courier_kind of) {
  std::vector<std::string> texts;
  auto add = [&](parcel_state state) {
    if (is_final(of, state)) texts.push_back(shown_text(state));
  };
  switch (of) {
  case courier_kind::maystro:
    for (const maystro::status& one : maystro::all_statuses()) add(parcel_state(one.code));
    break;
  case courier_kind::guepex:
    for (const guepex::status& one : guepex::all_statuses()) add(parcel_state(std::string(one.text)));
    break;
  case courier_kind::nord_west:
    for (const nord_west::event& one : nord_west::all_events()) add(parcel_state(std::string(one.text)));
    break;
  }
  return texts;
}

bool is_returning(courier_kind of, const parcel_state& state) {
  if (of == courier_kind::maystro) return maystro::is_returning(state.number());
  return of == courier_kind::guepex && guepex::is_returning(state.text());
}

bool has_alert_states(courier_kind of) {
  return of == courier_kind::guepex;
}

bool is_alert(courier_kind of, const parcel_state& state) {
  return has_alert_states(of) && guepex::is_alert(state.text());
}

bool is_named_by_the_shop(courier_kind of) {
  return of == courier_kind::nord_west;
}

bool is_before(courier_kind of, const parcel_state& state, std::string_view shipping_status) {
  if (shipping_status == shown_text(state)) return false;
  if (of != courier_kind::maystro) return is_terminal(of, parcel_state(std::string(shipping_status)));
  for (const maystro::status& current : maystro::all_statuses())
    if (current.text == shipping_status)
      return maystro::is_terminal(current.code) || maystro::is_earlier_leg(state.number(), current.code);
  return false;
}

bool is_known(courier_kind of, const parcel_state& state) {
  switch (of) {
  case courier_kind::maystro:
    return std::ranges::any_of(maystro::all_statuses(),
                               [&](const maystro::status& one) { return state == one.code; });
  case courier_kind::guepex: {
    std::optional<guepex::shop_status> read = guepex::read_status(state.text());
    return read && read->known;
  }
  case courier_kind::nord_west: {
    std::optional<nord_west::shop_event> read = nord_west::read_event({}, state.text());
    return read && read->known;
  }
  }
  return false;
}

bool is_set(const std::optional<std::string>& shipping_status) {
  return shipping_status && *shipping_status != "undefined" && *shipping_status != "UNDEFINED";
}

} // namespace suivi::shop
