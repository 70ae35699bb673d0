// Times are whole seconds from noon, so that equal times and overlaps are frequent.
#include "tests/postgres/door/courier_history.hpp"

#include "common/decision/state_rules.hpp"
#include "tests/postgres/door/shop_database.hpp"

#include <algorithm>
#include <ostream>
#include <set>

namespace suivi::test {

std::ostream& operator<<(std::ostream& out, const history& h) {
  static constexpr const char* names[] = {"webhook", "untimed", "pull", "replay", "foreign", "elsewhere"};
  out << slug(h.courier) << ", parcels of orders:";
  for (int order : h.parcels) out << ' ' << order;
  for (const auto& c : h.changes)
    out << "\n  change: parcel " << c.parcel << " after " << c.after_s << " s to status #" << c.status
        << (c.alerted ? " alerted" : "");
  for (const auto& t : h.tellings)
    out << "\n  " << names[static_cast<int>(t.how)] << " #" << t.which << " at " << t.at_s << " s, jitter "
        << t.jitter_ms << " ms" << (t.with_next ? ", with the next" : "");
  return out << "\n  sweep " << h.sweep_after_s << " s after the last change and pull"
             << (h.confirms ? ", terminal states confirmed" : "")
             << (h.looks_first ? ", looked at first" : "");
}

courier_history::courier_history(history of, int number) : of_(std::move(of)), number_(number) {
  // Whose number the shop has, that parcel is the order's, and the former ones are nobody's any more.
  if (!words().knows_references) {
    std::sort(of_.parcels.begin(), of_.parcels.end());
    of_.parcels.erase(std::unique(of_.parcels.begin(), of_.parcels.end()), of_.parcels.end());
  }
  instant when = at(20);
  for (const auto& change : of_.changes) {
    int parcel = change.parcel % static_cast<int>(of_.parcels.size());
    when = std::max(when, made(parcel)) + seconds(change.after_s);
    changes_.push_back({parcel, when, change});
  }
}

int courier_history::orders() const {
  return *std::max_element(of_.parcels.begin(), of_.parcels.end()) + 1;
}

std::string courier_history::reference(int order) const {
  return fmt::format("R{}-{}", number_, order);
}

std::string courier_history::uuid(int parcel) const {
  return fmt::format("uuid-{}-{}", number_, parcel);
}

std::string courier_history::tracking(int parcel) const {
  return words().tells_since_when ? uuid(parcel) : fmt::format("track-{}-{}", number_, parcel);
}

int courier_history::parcel_with(const std::string& uuid_text) const {
  int found = -1;
  for (int i = 0; i < static_cast<int>(of_.parcels.size()); ++i)
    if (uuid(i) == uuid_text) found = i;
  return found;
}

int courier_history::parcels_of(int order) const {
  return static_cast<int>(std::count(of_.parcels.begin(), of_.parcels.end(), order));
}

// One after the other, ten seconds apart.
instant courier_history::made(int parcel) const {
  return at(10 * parcel);
}

std::optional<moved> courier_history::state(int parcel, instant when) const {
  if (when < made(parcel)) return std::nullopt;
  moved now{parcel, 0, 0, false};
  for (const auto& change : changes_)
    if (change.parcel == parcel && change.when <= when) now = change.movement;
  return now;
}

int courier_history::current_parcel(int order) const {
  int newest = -1;
  int newest_alive = -1;
  for (int i = 0; i < static_cast<int>(of_.parcels.size()); ++i) {
    if (of_.parcels[static_cast<std::size_t>(i)] != order) continue;
    newest = i;
    auto now = state(i, instant::max());
    if (!shop::is_returning(of_.courier, state_of(*now))) newest_alive = i;
  }
  return newest_alive >= 0 ? newest_alive : newest;
}

std::optional<std::string> courier_history::shops_number(int order) const {
  if (words().knows_references) return std::nullopt;
  return tracking(current_parcel(order));
}

shop::observation courier_history::base(int parcel, const moved& movement) const {
  shop::observation o;
  o.account = "account-a";
  o.shipment.courier = of_.courier;
  o.shipment.uuid = uuid(parcel);
  o.shipment.reference = reference(of_.parcels[static_cast<std::size_t>(parcel)]);
  o.shipment.status = state_of(movement);
  if (words().tells_since_when) {
    o.shipment.tracking = tracking(parcel);
    return o;
  }
  o.shipment.display_id = "display-" + uuid(parcel);
  o.shipment.alert_reason.present = true;
  if (movement.alerted) o.shipment.alert_reason.value = "7";
  return o;
}

// Since when the parcel is in the state that it shows at `visible_at`.
instant courier_history::since(int parcel, instant visible_at) const {
  instant begun = made(parcel);
  for (const auto& change : changes_)
    if (change.parcel == parcel && change.when <= visible_at) begun = change.when;
  return begun;
}

// A courier that says since when has answers, for one parcel, that are no older than their question.
std::optional<shop::observation> courier_history::pull(int parcel, instant requested_at,
                                                       milliseconds visible_after,
                                                       shop::pull_kind kind) const {
  instant from = requested_at - api_lag;
  instant to = requested_at + seconds(1);
  bool is_prompt = words().tells_since_when && kind == shop::pull_kind::answer;
  instant visible_at = std::min(from + (is_prompt ? std::max(visible_after, api_lag) : visible_after), to);
  auto visible = state(parcel, visible_at);
  if (!visible) return std::nullopt;
  shop::observation o = base(parcel, *visible);
  o.from = shop::source::sweep;
  if (words().tells_since_when) o.shipment.status_at = since(parcel, visible_at);
  o.when =
      shop::pull_time(o.shipment.status_at, kind, shop::pull_time(requested_at, to, std::nullopt, api_lag));
  o.read_at = to;
  o.shipment.tracking = tracking(parcel);
  o.shipment.created_at = made(parcel);
  return o;
}

instant courier_history::requested_at(const heard& one) const {
  return changes_[static_cast<std::size_t>(one.which) % changes_.size()].when + seconds(one.at_s % 35 - 15);
}

std::optional<shop::observation> courier_history::tell(const heard& one) const {
  if (changes_.empty()) return std::nullopt;
  const auto& change = changes_[static_cast<std::size_t>(one.which) % changes_.size()];
  bool elsewhere = one.how == hearing::elsewhere, foreign = one.how == hearing::foreign;
  if (one.how == hearing::pull || foreign || elsewhere || !words().sends_webhooks) {
    // Of a courier that has no list every answer is for the parcels that were asked for.
    bool row = words().knows_references && one.jitter_ms % 3 > 0;
    auto o = pull(change.parcel, requested_at(one), milliseconds(one.jitter_ms),
                  row ? shop::pull_kind::row : shop::pull_kind::answer);
    if (o && foreign) {
      o->account = "account-b";
      o->shipment.uuid = "foreign-" + *o->shipment.uuid;
      o->shipment.tracking = "foreign-" + *o->shipment.tracking;
      o->shipment.display_id.reset();
    }
    if (o && elsewhere) {
      bool of_maystro = of_.courier == courier_kind::maystro;
      o->account = of_maystro ? "account-g" : "account-m";
      o->shipment.courier = of_maystro ? courier_kind::guepex : courier_kind::maystro;
      o->shipment.status =
          words_of(o->shipment.courier).states[static_cast<std::size_t>(change.movement.status)];
    }
    return o;
  }
  shop::observation o = base(change.parcel, change.movement);
  o.from = one.how == hearing::replay ? shop::source::replay : shop::source::webhook;
  o.is_signed = words().tells_since_when;
  auto published = one.how == hearing::untimed ? std::nullopt : std::optional(change.when);
  instant received = change.when + seconds(one.at_s);
  o.when = words().tells_since_when ? shop::event_time(published, received)
                                    : shop::webhook_time(published, received);
  return o;
}

instant courier_history::last_change() const {
  instant last = made(static_cast<int>(of_.parcels.size()) - 1);
  for (const auto& change : changes_) last = std::max(last, change.when);
  return last;
}

instant courier_history::sweep_at() const {
  instant last = last_change();
  for (const auto& one : of_.tellings)
    if ((one.how == hearing::pull || !words().sends_webhooks) && !changes_.empty())
      last = std::max(last, requested_at(one));
  return last + seconds(of_.sweep_after_s);
}

} // namespace suivi::test
