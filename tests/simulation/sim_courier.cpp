// An answer shows the list as it was up to `lag` ago, whole.
#include "tests/simulation/sim_courier.hpp"

#include "common/maystro/status.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

namespace suivi::simulation {

using namespace std::chrono_literals;

namespace {

constexpr int onwards[] = {4, 5, 6, 15, 8, 9, 22, 31, 41};
constexpr int back[] = {50, 51, 10, 52};

int next_status(int now, timeline& t) {
  if (now == 52) return 52;
  for (std::size_t i = 0; i + 1 < std::size(back); ++i)
    if (now == back[i]) return back[i + 1];
  if (now == 41) return t.happens(0.1) ? 50 : 41; // put right by the courier's staff
  if (t.happens(0.06)) return 50;
  if (now == 31 && t.happens(0.4)) return 32;
  if (now == 32) return t.happens(0.5) ? 22 : 31;
  for (std::size_t i = 0; i + 1 < std::size(onwards); ++i)
    if (now == onwards[i]) return onwards[i + 1];
  return now;
}

} // namespace

sim_courier::parcel& sim_courier::add(const std::string& account, const std::string& reference,
                                      const std::string& mistyped) {
  parcel p;
  p.account = account;
  p.uuid = fmt::format("uuid-{:06}", next_uuid_++);
  p.reference = reference;
  p.created = t_.now();
  p.undated = t_.happens(ways_.undated);
  p.display_id = t_.happens(ways_.placeholders) ? "0" : "display-" + p.uuid;
  p.mistyped = mistyped;
  p.corrected = t_.now() + 10min;
  p.path.push_back({t_.now(), 4});
  parcels_.push_back(p);
  tell(p, p.path.back());
  return parcels_.back();
}

void sim_courier::move_one() {
  if (parcels_.empty()) return;
  parcel& p = parcels_[static_cast<std::size_t>(t_.below(static_cast<int>(parcels_.size())))];
  int next = next_status(p.path.back().status, t_);
  if (p.removed || next == p.path.back().status || p.path.back().when >= t_.now()) return;
  p.path.push_back({t_.now(), next});
  tell(p, p.path.back());
}

std::optional<suivi::shipment> sim_courier::state(const parcel& of, instant when) {
  if (when < of.created || (of.removed && *of.removed <= when)) return std::nullopt;
  std::size_t at = 0;
  while (at + 1 < of.path.size() && of.path[at + 1].when <= when) ++at;
  suivi::shipment s;
  s.uuid = of.uuid;
  s.tracking = "track-" + of.uuid;
  s.reference = reference_of(of, when);
  s.display_id = of.display_id;
  s.status = of.path[at].status;
  s.alert_reason = {true, std::to_string(at)};
  if (!of.undated) s.created_at = of.created;
  return s;
}

void sim_courier::tell(const parcel& of, const step& taken_step) {
  if (t_.happens(faults_.lost)) return;
  message m;
  m.id = next_message_++;
  m.account = of.account;
  m.shipment = *state(of, taken_step.when);
  m.shipment.tracking.reset();
  m.shipment.created_at.reset();
  if (t_.happens(ways_.nameless)) m.shipment.uuid = m.shipment.reference = std::nullopt;
  if (!t_.happens(faults_.untimed)) m.published_at = taken_step.when + clock_off;
  int copies = t_.happens(faults_.doubled) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    ++under_way_;
    t_.after(t_.about(faults_.delay), [this, m] { push(m, 1); });
  }
}

void sim_courier::push(message m, int tries) {
  if (on_push(m)) {
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
    if (p.mistyped == reference && when < p.corrected + 1h) return nullptr;
    if (p.reference == reference && p.removed) return nullptr;
    if (reference_of(p, when) != reference) continue;
    newest = &p;
    if (!maystro::is_returning(state(p, when)->status->number())) alive = &p;
  }
  return alive ? alive : newest;
}

int sim_courier::asked_while_closed(const std::string& account) const {
  auto found = asked_while_closed_.find(account);
  return found == asked_while_closed_.end() ? 0 : found->second;
}

int sim_courier::throttled_lately(const std::string& account) const {
  auto found = throttled_.find(account);
  if (found == throttled_.end()) return 0;
  return static_cast<int>(
      std::ranges::count_if(found->second, [&](instant each) { return each > t_.now() - 1min; }));
}

std::optional<api_answer> sim_courier::trouble(const std::string& account) {
  api_answer a;
  a.server_date = std::chrono::floor<seconds>(own_clock());
  auto known = told_until_.find(account);
  if (known != told_until_.end() && t_.now() < known->second && t_.now() > told_at_[account] + 10s)
    ++asked_while_closed_[account];
  if (t_.now() < closed_until_) {
    a.status = 429;
    a.failure = transient("maystro:throttled", "leave me alone");
    a.retry_after = std::chrono::ceil<seconds>(closed_until_ - t_.now());
    if (known == told_until_.end() || known->second < closed_until_) {
      asked_while_closed_[account] = 0;
      told_at_[account] = t_.now();
    }
    told_until_[account] = closed_until_;
  } else if (t_.now() < away_until_) {
    a.status = 0;
    a.failure = transient("http:timeout", "away");
  } else if (t_.now() < storm_until_ || t_.happens(faults_.throttled)) {
    a.status = 429;
    a.failure = transient("maystro:throttled", "slower");
    if (t_.happens(0.7)) a.retry_after = milliseconds(1'000 * (1 + t_.below(5)));
    if (t_.now() < storm_until_ && storm_asks_) a.retry_after = storm_asks_;
    std::vector<instant>& lately = throttled_[account];
    std::erase_if(lately, [&](instant each) { return each <= t_.now() - 1min; });
    lately.push_back(t_.now());
  } else if (t_.happens(faults_.failed)) {
    a.status = t_.happens(0.5) ? 500 : 200;
    a.failure = transient("maystro:malformed", "half an answer");
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

api_answer sim_courier::list(const std::string& account, int page) {
  if (auto bad = trouble(account)) return *bad;
  if (page == bad_page_) {
    api_answer bad;
    bad.server_date = std::chrono::floor<seconds>(own_clock());
    bad.status = bad_page_status_;
    bad.failure = bad_page_status_ == 403 ? permanent("maystro:unauthorized", "403")
                                          : transient("maystro:server", "500");
    return bad;
  }
  instant visible_at = visible_now();
  std::vector<const parcel*> listed;
  for (const parcel& p : parcels_)
    if (p.account == account) listed.push_back(&p);
  if (ways_.order == list_order::newest_first) std::ranges::reverse(listed);
  if (ways_.order == list_order::none) // some order, and always the same
    std::ranges::sort(listed, {}, [](const parcel* p) { return std::hash<std::string>()(p->uuid); });
  std::vector<suivi::shipment> all;
  for (const parcel* p : listed)
    if (auto row = state(*p, visible_at)) all.push_back(std::move(*row));
  api_answer a;
  a.server_date = std::chrono::floor<seconds>(own_clock());
  a.count = static_cast<std::int64_t>(all.size());
  auto first = std::min(all.size(), static_cast<std::size_t>((page - 1) * page_size));
  auto last = std::min(all.size(), first + page_size);
  if (first == all.size() && page > 1) {
    a.status = 404;
    a.failure = permanent("maystro:not_found", "no such page");
    return a;
  }
  a.rows.assign(all.begin() + static_cast<std::ptrdiff_t>(first),
                all.begin() + static_cast<std::ptrdiff_t>(last));
  a.has_next = last < all.size();
  return a;
}

api_answer sim_courier::read(const std::string& account, const shop::wanted_read& wanted) {
  if (auto bad = trouble(account)) return *bad;
  instant visible_at = visible_now();
  api_answer a;
  a.server_date = std::chrono::floor<seconds>(own_clock());
  for (const parcel& p : parcels_)
    if (p.account == account &&
        (wanted.uuid ? p.uuid == *wanted.uuid : reference_of(p, visible_at) == wanted.reference))
      if (auto row = state(p, visible_at)) a.rows.push_back(std::move(*row));
  if (a.rows.empty()) {
    a.status = 404;
    a.failure = permanent("maystro:not_found", "no such parcel");
  }
  return a;
}

} // namespace suivi::simulation
