// An answer shows the list as it was up to `lag` ago, whole.
#include "tests/simulation/sim_courier.hpp"

#include "common/decision/state_rules.hpp"
#include "common/shipment/courier_time.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <functional>

namespace suivi::simulation {

using namespace std::chrono_literals;

sim_courier::parcel sim_courier::made(const std::string& account, const std::string& reference) {
  parcel p;
  p.account = account;
  std::string_view owner = ways_.numbers_shared ? "parcel" : slug(part_.kind);
  p.uuid = fmt::format("{}-{:06}", owner, next_uuid_++);
  p.reference = reference;
  p.created = t_.now();
  p.within_instant = next_uuid_ * 100us;
  p.undated = t_.happens(ways_.undated);
  p.hidden = t_.happens(ways_.hidden);
  p.display_id = t_.happens(ways_.placeholders) ? placeholder : "display-" + p.uuid;
  p.path.push_back({t_.now(), part_.made});
  return p;
}

sim_courier::parcel& sim_courier::add(const std::string& account, const std::string& reference,
                                      const std::string& mistyped) {
  parcel p = made(account, reference);
  p.mistyped = mistyped;
  p.corrected = t_.now() + 10min;
  parcels_.push_back(p);
  tell(p, p.path.back());
  return parcels_.back();
}

void sim_courier::add_earlier(const std::string& account, const std::string& reference) {
  parcel p = made(account, reference);
  p.created = t_.now() - 20h;
  p.path.front().when = p.created;
  while (!part_.goes_back(p.path.back().status)) {
    parcel_state next = part_.next(p.path.back().status, t_);
    if (next == p.path.back().status)
      p.path.erase(p.path.begin() + 1, p.path.end()); // it has arrived: once more from the beginning
    else
      p.path.push_back({p.path.back().when + 10min, next});
  }
  parcels_.push_back(std::move(p));
}

void sim_courier::move_one() {
  if (parcels_.empty()) return;
  move(parcels_[static_cast<std::size_t>(t_.below(static_cast<int>(parcels_.size())))]);
}

void sim_courier::move(parcel& p) {
  parcel_state next = part_.next(p.path.back().status, t_);
  // Two states within a second are one to a courier that tells whole seconds.
  if (p.removed || next == p.path.back().status || p.path.back().when + 2s >= t_.now()) return;
  p.path.push_back({t_.now(), next});
  tell(p, p.path.back());
  auto which = static_cast<std::size_t>(&p - parcels_.data());
  if (t_.happens(ways_.hasty)) t_.after(5s + t_.about(40s), [this, which] { move(parcels_[which]); });
}

int sim_courier::step_at(const parcel& of, instant when) {
  int at = 0;
  while (at + 1 < static_cast<int>(of.path.size()) && of.path[static_cast<std::size_t>(at) + 1].when <= when)
    ++at;
  return at;
}

std::string sim_courier::tracking_of(const parcel& of) const {
  return part_.has_display_ids ? "track-" + of.uuid : of.uuid;
}

// Where the courier tells reasons, the number of the step is in them, so that what a shop shows tells how old
// it is; else the states of a path tell it, as far as they differ.
std::optional<suivi::shipment> sim_courier::state(const parcel& of, instant when) const {
  if (when < of.created || (of.removed && *of.removed <= when)) return std::nullopt;
  int at = step_at(of, when);
  const step& now = of.path[static_cast<std::size_t>(at)];
  suivi::shipment s;
  s.courier = part_.kind;
  s.uuid = of.uuid;
  s.tracking = tracking_of(of);
  if (part_.can.references_max > 0) s.reference = reference_of(of, when);
  if (part_.has_display_ids) s.display_id = of.display_id;
  s.status = now.status;
  if (part_.tells_since_when)
    s.status_at = std::chrono::floor<seconds>(now.when + clock_off);
  else
    s.alert_reason = {true, std::to_string(at)};
  if (!of.undated) s.created_at = of.created + of.within_instant + clock_off;
  return s;
}

namespace {

int number(const std::optional<std::string>& text) {
  int n = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), n);
  return n;
}

} // namespace

int sim_courier::last_step(const parcel& of, const std::optional<std::string>& text,
                           const std::optional<std::string>& alert_reason) const {
  if (!part_.tells_since_when) return number(alert_reason);
  int at = static_cast<int>(of.path.size()) - 1;
  while (at >= 0 && shop::shown_text(of.path[static_cast<std::size_t>(at)].status) != text) --at;
  return at;
}

int sim_courier::first_step(const parcel& of, const std::optional<std::string>& text,
                            const std::optional<std::string>& alert_reason) const {
  if (!part_.tells_since_when) return number(alert_reason);
  for (std::size_t at = 0; at < of.path.size(); ++at)
    if (shop::shown_text(of.path[at].status) == text) return static_cast<int>(at);
  return -1;
}

void sim_courier::tell(const parcel& of, const step& taken_step) {
  if (!part_.can.sends_webhooks || t_.happens(faults_.lost)) return;
  message m;
  m.id = next_message_++ * static_cast<std::int64_t>(couriers.size()) + static_cast<int>(part_.kind);
  m.account = of.account;
  m.references = {of.reference, of.mistyped};
  m.shipment = *state(of, taken_step.when);
  if (part_.has_display_ids) m.shipment.tracking.reset();
  m.shipment.created_at.reset();
  if (t_.happens(ways_.nameless)) {
    m.shipment.reference.reset();
    if (part_.has_display_ids) m.shipment.uuid.reset();
  }
  if (!t_.happens(faults_.untimed)) {
    m.published_at = taken_step.when + clock_off + ways_.stamps_ahead;
    if (m.shipment.status_at) m.published_at = m.shipment.status_at;
  }
  m.shipment.status_at.reset();
  int copies = t_.happens(faults_.doubled) ? 2 : 1;
  // Stamped ahead and late at once, a webhook beats what nobody can tell it from.
  milliseconds delay = ways_.stamps_ahead.count() > 0 ? 50ms : faults_.delay;
  for (int i = 0; i < copies; ++i) {
    ++under_way_;
    t_.after(t_.about(delay), [this, m] { push(m, 1); });
  }
}

void sim_courier::push(message m, int tries) {
  if (on_push(m) || ways_.stamps_ahead.count() > 0) {
    --under_way_;
    return;
  }
  t_.after(t_.about(10s * std::min(tries, 6)), [this, m, tries] { push(m, tries + 1); });
}

const sim_courier::parcel* sim_courier::current_of(const std::string& account, const std::string& reference,
                                                   instant when) const {
  const parcel* newest = nullptr;
  const parcel* alive = nullptr;
  for (const parcel& p : parcels_) {
    if (p.account != account || p.created > when) continue;
    bool seldom_read_since = p.removed && *p.removed < p.corrected + 1h;
    if (p.mistyped == reference && (when < p.corrected + 1h || seldom_read_since)) return nullptr;
    if (p.reference == reference && p.removed) return nullptr;
    if (reference_of(p, when) != reference) continue;
    newest = &p;
    if (!shop::is_returning(part_.kind, *state(p, when)->status)) alive = &p;
  }
  bool shop_says_which = part_.can.references_max == 0;
  return alive && !shop_says_which ? alive : newest;
}

int sim_courier::requests_while_closed(const std::string& account) const {
  auto found = requests_while_closed_.find(account);
  return found == requests_while_closed_.end() ? 0 : found->second;
}

int sim_courier::throttled_lately(const std::string& account) const {
  auto found = throttled_.find(account);
  if (found == throttled_.end()) return 0;
  return static_cast<int>(
      std::ranges::count_if(found->second, [&](instant each) { return each > t_.now() - 1min; }));
}

std::optional<api_answer> sim_courier::failure(const std::string& account) {
  api_answer a = answer();
  auto known = reported_until_.find(account);
  if (known != reported_until_.end() && t_.now() < known->second && t_.now() > reported_at_[account] + 10s)
    ++requests_while_closed_[account];
  if (t_.now() < closed_until_) {
    a.status = 429;
    a.failure = transient("courier:throttled", "leave me alone");
    a.retry_after = std::chrono::ceil<seconds>(closed_until_ - t_.now());
    if (known == reported_until_.end() || known->second < closed_until_) {
      requests_while_closed_[account] = 0;
      reported_at_[account] = t_.now();
    }
    reported_until_[account] = closed_until_;
  } else if (t_.now() < away_until_) {
    a.status = 0;
    a.failure = transient("http:timeout", "away");
  } else if (t_.now() < storm_until_ || t_.happens(faults_.throttled)) {
    a.status = 429;
    a.failure = transient("courier:throttled", "slower");
    if (t_.happens(0.7)) a.retry_after = milliseconds(1'000 * (1 + t_.below(5)));
    if (t_.now() < storm_until_ && storm_asks_) a.retry_after = storm_asks_;
    std::vector<instant>& lately = throttled_[account];
    std::erase_if(lately, [&](instant each) { return each <= t_.now() - 1min; });
    lately.push_back(t_.now());
  } else if (t_.happens(faults_.failed)) {
    a.status = t_.happens(0.5) ? 500 : 200;
    a.failure = transient("courier:malformed", "half an answer");
  } else {
    return std::nullopt;
  }
  return a;
}

// Up to `lag` behind, but never behind what an earlier answer has shown: of two answers the later one is no
// older.
instant sim_courier::visible_now() {
  auto lag = milliseconds(t_.below(static_cast<int>(faults_.lag.count()) + 1));
  visible_ = std::max(visible_, t_.now() - lag);
  return visible_;
}

api_answer sim_courier::answer() const {
  api_answer a;
  a.server_date = std::chrono::floor<seconds>(own_clock());
  return a;
}

std::optional<api_answer> sim_courier::refused_page(int page) const {
  if (page != bad_page_) return std::nullopt;
  api_answer bad = answer();
  bad.status = bad_page_status_;
  bad.failure =
      bad_page_status_ == 403 ? permanent("courier:unauthorized", "403") : transient("courier:server", "500");
  return bad;
}

std::vector<suivi::shipment> sim_courier::listed(const std::string& account, instant visible_at) const {
  std::vector<const parcel*> in_order;
  for (const parcel& p : parcels_)
    if (p.account == account) in_order.push_back(&p);
  if (ways_.order == list_order::newest_first) std::ranges::reverse(in_order);
  if (ways_.order == list_order::none) // some order, and always the same
    std::ranges::sort(in_order, {}, [](const parcel* p) { return std::hash<std::string>()(p->uuid); });
  std::vector<suivi::shipment> all;
  for (const parcel* p : in_order)
    if (auto row = state(*p, visible_at)) all.push_back(std::move(*row));
  return all;
}

api_answer sim_courier::page_of(std::vector<suivi::shipment> all, int page) const {
  api_answer a = answer();
  a.count = static_cast<std::int64_t>(all.size());
  auto first = std::min(all.size(), static_cast<std::size_t>(page - 1) * part_.page_rows);
  auto last = std::min(all.size(), first + part_.page_rows);
  if (first == all.size() && page > 1) {
    a.status = 404;
    a.failure = permanent("courier:not_found", "no such page");
    return a;
  }
  a.rows.assign(all.begin() + static_cast<std::ptrdiff_t>(first),
                all.begin() + static_cast<std::ptrdiff_t>(last));
  a.has_next = last < all.size();
  return a;
}

api_answer sim_courier::list(const std::string& account, int page) {
  if (auto bad = failure(account)) return *bad;
  if (auto bad = refused_page(page)) return *bad;
  return page_of(listed(account, visible_now()), page);
}

api_answer sim_courier::list_changes(const std::string& account, const std::string& since_day, int page) {
  if (auto bad = failure(account)) return *bad;
  if (auto bad = refused_page(page)) return *bad;
  std::vector<suivi::shipment> all = listed(account, visible_now());
  std::optional<instant> since = parse_courier_time(since_day + "T00:00:00");
  std::erase_if(all, [&](const suivi::shipment& row) { return *row.status_at < *since; });
  return page_of(std::move(all), page);
}

api_answer sim_courier::find(const std::string& account, const std::vector<std::string>& numbers) {
  if (auto bad = failure(account)) return *bad;
  api_answer a = answer();
  for (suivi::shipment& row : listed(account, visible_now()))
    if (std::ranges::find(numbers, *row.tracking) != numbers.end()) a.rows.push_back(std::move(row));
  return a;
}

api_answer sim_courier::read(const std::string& account, const shop::wanted_read& wanted) {
  if (auto bad = failure(account)) return *bad;
  instant visible_at = visible_now();
  api_answer a = answer();
  for (const parcel& p : parcels_) {
    bool meant = wanted.uuid
                     ? p.uuid == *wanted.uuid && !p.hidden
                     : part_.can.references_max > 0 && reference_of(p, visible_at) == wanted.reference;
    if (p.account != account || !meant) continue;
    if (auto row = state(p, visible_at)) a.rows.push_back(std::move(*row));
  }
  // A courier that knows no references: it was asked for this order's parcel.
  if (part_.can.references_max == 0 && !wanted.reference.empty())
    for (suivi::shipment& row : a.rows) row.reference = wanted.reference;
  if (a.rows.empty()) {
    a.status = 404;
    a.failure = permanent("courier:not_found", "no such parcel");
  }
  return a;
}

sim_couriers::sim_couriers(timeline& t, const faults& f, const ways& w) {
  for (courier_kind kind : couriers) all_.push_back(std::make_unique<sim_courier>(part_of(kind), t, f, w));
  by_account_ = {{"account-a", all_[0].get()},
                 {"account-b", all_[0].get()},
                 {"account-g", all_[1].get()},
                 {"account-n", all_[2].get()}};
}

} // namespace suivi::simulation
