// Times are whole seconds from noon, so that equal times and overlaps are frequent.
#include "tests/postgres/door/courier_history.hpp"

#include "common/maystro/status.hpp"
#include "tests/postgres/door/shop_database.hpp"

#include <algorithm>
#include <ostream>
#include <set>

namespace suivi::test {

const std::vector<int> courier_history::statuses{4, 5, 15, 31, 32, 41, 50, 52};

std::ostream& operator<<(std::ostream& out, const history& h) {
  static constexpr const char* names[] = {"webhook", "untimed", "pull", "replay", "foreign"};
  out << "parcels of orders:";
  for (int order : h.parcels) out << ' ' << order;
  for (const auto& c : h.changes)
    out << "\n  change: parcel " << c.parcel << " after " << c.after_s << " s to status #" << c.status
        << (c.alerted ? " alerted" : "");
  for (const auto& t : h.tellings)
    out << "\n  " << names[static_cast<int>(t.how)] << " #" << t.which << " at " << t.at_s << " s, jitter "
        << t.jitter_ms << " ms" << (t.with_next ? ", with the next" : "");
  return out << "\n  sweep " << h.sweep_after_s << " s after the last change and pull"
             << (h.confirms ? ", terminal states confirmed" : "");
}

courier_history::courier_history(history of, int number) : of_(std::move(of)), number_(number) {
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
  return fmt::format("track-{}-{}", number_, parcel);
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
  moved now{parcel, 0, 0, false}; // made as 4
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
    if (!maystro::is_returning(statuses[static_cast<std::size_t>(now->status)])) newest_alive = i;
  }
  return newest_alive >= 0 ? newest_alive : newest;
}

shop::observation courier_history::base(int parcel, const moved& movement) const {
  shop::observation o;
  o.account = "account-a";
  o.shipment.uuid = uuid(parcel);
  o.shipment.display_id = "display-" + uuid(parcel);
  o.shipment.reference = reference(of_.parcels[static_cast<std::size_t>(parcel)]);
  o.shipment.status = statuses[static_cast<std::size_t>(movement.status)];
  o.shipment.alert_reason.present = true;
  if (movement.alerted) o.shipment.alert_reason.value = "7";
  return o;
}

std::optional<shop::observation> courier_history::pull(int parcel, instant requested_at,
                                                       milliseconds visible_after) const {
  instant from = requested_at - api_lag;
  instant to = requested_at + seconds(1);
  auto visible = state(parcel, std::min(from + visible_after, to));
  if (!visible) return std::nullopt;
  shop::observation o = base(parcel, *visible);
  o.from = shop::source::sweep;
  o.when = shop::pull_time(requested_at, to, std::nullopt, api_lag);
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
  if (one.how == hearing::pull || one.how == hearing::foreign) {
    auto o = pull(change.parcel, requested_at(one), milliseconds(one.jitter_ms));
    if (o && one.how == hearing::foreign) {
      o->account = "account-b";
      o->shipment.uuid = "foreign-" + *o->shipment.uuid;
      o->shipment.tracking = "foreign-" + *o->shipment.tracking;
      o->shipment.display_id.reset();
    }
    return o;
  }
  shop::observation o = base(change.parcel, change.movement);
  o.from = one.how == hearing::replay ? shop::source::replay : shop::source::webhook;
  o.when = one.how == hearing::untimed ? shop::webhook_time(std::nullopt, change.when + seconds(one.at_s))
                                       : shop::webhook_time(change.when, change.when + seconds(one.at_s));
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
    if (one.how == hearing::pull && !changes_.empty()) last = std::max(last, requested_at(one));
  return last + seconds(of_.sweep_after_s);
}

} // namespace suivi::test
