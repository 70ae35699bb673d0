// What befalls whom, and what must be true in the end.
#include "tests/simulation/world.hpp"

#include "common/maystro/status.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto trouble_lasts = 8h;
// The stated bound with every default: a full sweep every six hours, and its length.
constexpr auto rest_lasts = 6h + 30min;

class world {
 public:
  explicit world(std::uint64_t seed) : t_(seed), courier_(t_, faults_), store_(t_) {
    courier_.on_push = [this](const message& m) { return push(m); };
    for (int i = 0; i < 2; ++i) {
      receivers_.push_back(
          std::make_unique<sim_receiver>(t_, faults_, fmt::format("receiver-{}", i), store_, courier_));
      reconcilers_.push_back(
          std::make_unique<sim_reconciler>(t_, faults_, fmt::format("reconciler-{}", i), store_, courier_));
    }
    store_.accounts["account-a"];
    store_.accounts["account-b"];
  }

  summary run(int hours) {
    for (auto& r : receivers_) r->start();
    for (auto& r : reconcilers_) r->start();
    for (int i = 0; i < 20; ++i) make_order();
    summary s;
    auto end = timeline::begin + std::chrono::hours(hours);
    while (t_.now() < end) {
      trouble();
      t_.run_until(t_.now() + trouble_lasts);
      rest();
      t_.run_until(t_.now() + rest_lasts);
      check();
      ++s.rests;
    }
    s.hours = std::chrono::duration_cast<std::chrono::hours>(t_.now() - timeline::begin).count();
    s.parcels = static_cast<std::int64_t>(courier_.parcels().size());
    s.acknowledged = static_cast<std::int64_t>(acknowledged_.size());
    s.applied = store_.applied;
    s.stale_writes_refused = store_.stale_writes_refused;
    for (auto& r : receivers_) s.crashes += r->crashes;
    for (auto& r : reconcilers_) {
      s.crashes += r->crashes;
      s.sweeps.complete += r->counts.complete;
      s.sweeps.incomplete += r->counts.incomplete;
      s.sweeps.lost += r->counts.lost;
      s.sweeps.requests += r->counts.requests;
    }
    return s;
  }

 private:
  bool push(const message& m) {
    auto& to = *receivers_[static_cast<std::size_t>(t_.below(2))];
    if (!to.take(m)) return false;
    acknowledged_.insert(m.id);
    return true;
  }

  void make_order() {
    std::string account = t_.happens(0.7) ? "account-a" : "account-b";
    std::string reference = fmt::format("R{}", ++orders_made_);
    // The parcel may be there before its order is.
    t_.after(t_.about(t_.happens(0.3) ? milliseconds(20min) : milliseconds(1s)), [this, account, reference] {
      shop::order_row order;
      order.id = "order-" + reference;
      order.reference = reference;
      order.account = account;
      order.columns.status = "CONFIRMED";
      store_.orders[order.id] = order;
    });
    courier_.add(account, reference);
    // Another account claims the same reference.
    if (t_.happens(0.05)) courier_.add(account == "account-a" ? "account-b" : "account-a", reference);
  }

  // Each kind of trouble in its own rhythm, until `until_`.
  void again(milliseconds mean, std::function<void()> action) {
    t_.after(t_.about(mean), [this, mean, action, phase = phase_] {
      if (phase != phase_) return;
      action();
      again(mean, action);
    });
  }

  void trouble() {
    ++phase_;
    faults_ = faults();
    faults_.lost = t_.happens(0.2) ? 0.9 : 0.2;
    faults_.untimed = t_.happens(0.3) ? 0.3 : 0;
    faults_.clock_jumps = t_.happens(0.3);
    if (faults_.untimed > 0 || faults_.clock_jumps)
      store_.strict = false; // from here on, guesses are possible
    faults_.failed = t_.happens(0.2) ? 0.4 : 0.05;
    faults_.delay = t_.happens(0.3) ? milliseconds(20min) : milliseconds(10s);
    again(4min, [this] { make_order_or_ship_again(); });
    again(20s, [this] { courier_.move_one(); });
    again(40min, [this] { remove_one(); });
    again(50min, [this] { courier_.away_for(t_.about(3min)); });
    again(40min, [this] { courier_.throttle_for(t_.about(1min)); });
    again(60min, [this] { database_away(t_.about(2min)); });
    again(15min, [this] { lock_one(t_.about(40s)); });
    again(30min, [this] { any_process().freeze(t_.about(30s)); });
    again(20min, [this] { any_process().crash_if_alive(); });
    if (faults_.clock_jumps)
      again(30min, [this] {
        auto off = milliseconds(t_.below(240'000) - 120'000);
        any_process().itself.clock_off = off;
      });
  }

  void rest() {
    ++phase_;
    faults_ = none();
    courier_.come_back();
    store_.up = true;
    store_.locked.clear();
    for (auto& r : receivers_) r->clock_off = milliseconds(0);
    for (auto& r : reconcilers_) r->clock_off = milliseconds(0);
  }

  struct victim {
    process& itself;
    void freeze(milliseconds time) { itself.freeze(time); }
    void crash_if_alive() {
      if (itself.alive()) itself.crash();
    }
  };
  victim any_process() {
    auto i = static_cast<std::size_t>(t_.below(4));
    if (i < 2) return {*receivers_[i]};
    return {*reconcilers_[i - 2]};
  }

  // Old orders are forgotten by the courier's movement, not by the shop: the world stays small by bounding
  // the new.
  void make_order_or_ship_again() {
    if (orders_made_ < orders_max && t_.happens(0.8)) return make_order();
    auto& parcels = courier_.parcels();
    auto& some = parcels[static_cast<std::size_t>(t_.below(static_cast<int>(parcels.size())))];
    bool goes_back = maystro::is_returning(some.path.back().status);
    if (goes_back && parcels.size() < 4 * orders_max) {
      auto copy = some; // `add` may move it
      courier_.add(copy.account, copy.reference);
    }
  }

  void remove_one() {
    auto& parcels = courier_.parcels();
    auto& some = parcels[static_cast<std::size_t>(t_.below(static_cast<int>(parcels.size())))];
    if (!some.removed && some.path.back().status == 4) courier_.remove(some);
  }

  void database_away(milliseconds time) {
    store_.up = false;
    t_.after(time, [this] { store_.up = true; });
  }

  void lock_one(milliseconds time) {
    auto order = fmt::format("order-R{}", 1 + t_.below(orders_made_));
    store_.locked.insert(order);
    t_.after(time, [this, order] { store_.locked.erase(order); });
  }

  void check() {
    for (auto id : acknowledged_)
      if (!store_.knows(id)) throw violation(fmt::format("message {} was acknowledged and is lost", id));
    for (const auto& [id, e] : store_.events) {
      bool parked = e.event.state == receiver::event_state::parked;
      if (!e.outcome && !parked) throw violation(fmt::format("event {} is not done with", id));
      if (!e.outcome && has_order(e.event.observation))
        throw violation(fmt::format("event {} is parked for ever", id));
    }
    for (const auto& [id, order] : store_.orders) check(order);
    for (auto& [id, row] : store_.accounts)
      if (!row.full_watermark || *row.full_watermark < t_.now() - 7h)
        throw violation(fmt::format("{} has had no complete sweep in seven hours of rest", id));
  }

  [[nodiscard]] bool has_order(const shop::observation& o) const {
    for (const auto& [id, order] : store_.orders)
      if (order.reference == o.shipment.reference && order.account == o.account) return true;
    return false;
  }

  void check(const shop::order_row& order) {
    const sim_courier::parcel* newest = nullptr;
    const sim_courier::parcel* alive = nullptr;
    bool gone = false; // a removed parcel may still be shown, rightly
    for (const auto& p : courier_.parcels()) {
      if (p.account != *order.account || p.reference != order.reference) continue;
      gone = gone || p.removed.has_value();
      newest = &p;
      if (!maystro::is_returning(p.path.back().status)) alive = &p;
    }
    const auto* current = alive ? alive : newest;
    if (!current || gone) return;
    auto text = maystro::status_text(current->path.back().status);
    if (order.columns.shipping_status != text || order.columns.tracking != "track-" + current->uuid)
      throw violation(fmt::format("{} shows {} {} where the courier has {} track-{}", order.reference,
                                  order.columns.shipping_status.value_or("nothing"),
                                  order.columns.tracking.value_or("-"), text, current->uuid));
  }

  static constexpr int orders_max = 60;

  timeline t_;
  faults faults_ = none();
  sim_courier courier_;
  sim_store store_;
  std::vector<std::unique_ptr<sim_receiver>> receivers_;
  std::vector<std::unique_ptr<sim_reconciler>> reconcilers_;
  std::set<std::int64_t> acknowledged_;
  int orders_made_ = 0;
  int phase_ = 0;
};

} // namespace

summary simulate(std::uint64_t seed, int hours) {
  return world(seed).run(hours);
}

} // namespace suivi::simulation
