// What befalls whom, and what must be true in the end.
#include "tests/simulation/world.hpp"

#include "common/decision/state_rules.hpp"
#include "tests/simulation/ways.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace suivi::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto trouble_lasts = 8h;
// The stated bound with every default: a full sweep every six hours, and its length.
constexpr auto rest_lasts = 6h + 30min;
// By then an incomplete full sweep has been tried again.
constexpr auto retried_after = 2h;
// Of processes that died before they could say that the courier wants to be left alone.
constexpr int requests_while_closed_max = 5;
constexpr int throttled_a_minute_max = 120;

class world {
 public:
  explicit world(std::uint64_t seed)
      : t_(seed), ways_(draw_ways(t_)), couriers_(t_, faults_, ways_), store_(t_) {
    store_.clock_off = apart();
    if (ways_.clocks_apart.count() > 0 || ways_.stamps_ahead.count() > 0) store_.strict = false;
    for (const auto& courier : couriers_.all()) {
      courier->clock_off = apart();
      courier->on_push = [this](const message& m) { return push(m); };
    }
    store_.steps_of = [this](const shop::parcel_row& p) { return steps_of(p); };
    store_.may_move = [this](const shop::parcel_row& before, const shop::parcel_row& after) {
      return may_move(before, after);
    };
    for (int i = 0; i < 2; ++i) {
      receivers_.push_back(
          std::make_unique<sim_receiver>(t_, faults_, fmt::format("receiver-{}", i), store_, couriers_));
      reconcilers_.push_back(
          std::make_unique<sim_reconciler>(t_, faults_, fmt::format("reconciler-{}", i), store_, couriers_));
    }
    for (auto& r : receivers_) r->clock_apart = apart();
    for (auto& r : reconcilers_) r->clock_apart = apart();
    for (auto& r : reconcilers_) r->incremental_every = ways_.incremental_every;
    for (const auto& [account, courier] : couriers_.by_account()) store_.accounts[account];
  }

  summary run(int hours) {
    for (auto& r : receivers_) r->start();
    for (auto& r : reconcilers_) r->start();
    watch_requests();
    for (int i = 0; i < 20; ++i) make_order();
    summary s;
    auto end = timeline::begin + std::chrono::hours(hours);
    while (t_.now() < end) {
      failure();
      t_.run_until(t_.now() + trouble_lasts);
      rest();
      instant rest_began = store_.clock();
      t_.run_until(t_.now() + retried_after);
      check_retried(rest_began);
      t_.run_until(t_.now() + rest_lasts - retried_after);
      check();
      ++s.rests;
    }
    s.hours = std::chrono::duration_cast<std::chrono::hours>(t_.now() - timeline::begin).count();
    for (const auto& courier : couriers_.all())
      s.parcels += static_cast<std::int64_t>(courier->parcels().size());
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
      s.sweeps.settled += r->counts.settled;
      s.sweeps.refused += r->counts.refused;
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

  milliseconds apart() {
    auto max = static_cast<int>(ways_.clocks_apart.count());
    return milliseconds(max > 0 ? t_.below(2 * max) - max : 0);
  }

  [[nodiscard]] const sim_courier::parcel* parcel_of(const shop::parcel_row& row) const {
    for (const auto& p : couriers_.of(row.account).parcels())
      if (p.account == row.account && p.uuid == row.uuid) return &p;
    return nullptr;
  }

  [[nodiscard]] std::pair<int, int> steps_of(const shop::parcel_row& row) const {
    const sim_courier& courier = couriers_.of(row.account);
    const sim_courier::parcel* parcel = parcel_of(row);
    if (!parcel) throw violation(fmt::format("{} has no parcel {}", row.account, *row.uuid));
    std::string text = shop::shown_text(*row.status);
    return {courier.first_step(*parcel, text, row.alert_reason.value),
            courier.last_step(*parcel, text, row.alert_reason.value)};
  }

  // What a pull has said of a parcel's order since its reference was put right is not taken back.
  [[nodiscard]] bool may_move(const shop::parcel_row& before, const shop::parcel_row& after) const {
    const sim_courier::parcel* p = parcel_of(before);
    if (!p || p->mistyped.empty()) return true;
    bool put_right = *before.order_id == "order-" + p->reference && before.pulled_at &&
                     *before.pulled_at > p->corrected + 1min + ways_.clocks_apart * 2;
    return !put_right || *after.order_id == "order-" + p->reference;
  }

  void watch_requests() {
    for (const auto& [account, courier] : couriers_.by_account()) {
      if (courier->requests_while_closed(account) > requests_while_closed_max)
        throw violation(fmt::format("the courier wants to be left alone and was asked {} times for {}",
                                    courier->requests_while_closed(account), account));
      if (courier->throttled_lately(account) > throttled_a_minute_max)
        throw violation(fmt::format("the courier throttles and was asked {} times in a minute for {}",
                                    courier->throttled_lately(account), account));
    }
    t_.after(10s, [this] { watch_requests(); });
  }

  // Another order of the account, by whose reference a parcel is called at first.
  std::string draw_mistyped(const std::string& account, bool refused) {
    std::vector<std::string> others;
    for (const auto& [id, order] : store_.orders)
      if (order.account == account) others.push_back(order.reference);
    // Where the right order refuses to be written, the wrong one must be set free all the same.
    if (others.empty() || !t_.happens(refused ? 2 * ways_.mistyped : ways_.mistyped)) return {};
    return others[static_cast<std::size_t>(t_.below(static_cast<int>(others.size())))];
  }

  void make_order() {
    static constexpr std::array accounts{"account-a", "account-a", "account-b", "account-g", "account-n"};
    std::string account = accounts[static_cast<std::size_t>(t_.below(accounts.size()))];
    std::string reference = fmt::format("R{}", ++orders_made_);
    bool refused = t_.happens(ways_.refused);
    if (refused) store_.refused.insert("order-" + reference);
    if (t_.happens(ways_.slow)) store_.slow.insert("order-" + reference);
    // The parcel may be there before its order is.
    t_.after(t_.about(t_.happens(0.3) ? milliseconds(20min) : milliseconds(1s)), [this, account, reference] {
      shop::order_row order;
      order.id = "order-" + reference;
      order.reference = reference;
      order.account = account;
      order.columns.status = "CONFIRMED";
      store_.orders[order.id] = order;
      store_.order_since[order.id] = t_.now();
      number_by_shop(account, reference);
    });
    if (t_.now() == timeline::begin && t_.happens(ways_.shipped_before))
      couriers_.of(account).add_earlier(account, reference);
    ship(account, reference, draw_mistyped(account, refused));
    // Another account claims the same reference, be it of the same courier or of another.
    std::string other = accounts[static_cast<std::size_t>(t_.below(accounts.size()))];
    if (other != account && t_.happens(0.15)) ship(other, reference, "");
  }

  void ship(const std::string& account, const std::string& reference, const std::string& mistyped) {
    couriers_.of(account).add(account, reference, mistyped);
    number_by_shop(account, reference);
  }

  // Where the courier knows no references, the shop writes down the number of the parcel that it has made.
  void number_by_shop(const std::string& account, const std::string& reference) {
    const sim_courier& courier = couriers_.of(account);
    auto order = store_.orders.find("order-" + reference);
    if (courier.part().can.references_max > 0 || order == store_.orders.end()) return;
    if (order->second.account != account) return;
    for (const auto& p : courier.parcels())
      if (p.account == account && p.reference == reference) order->second.columns.tracking = p.uuid;
  }

  // Each kind of trouble in its own rhythm, until `until_`.
  void again(milliseconds mean, std::function<void()> action) {
    t_.after(t_.about(mean), [this, mean, action, phase = phase_] {
      if (phase != phase_) return;
      action();
      again(mean, action);
    });
  }

  void failure() {
    ++phase_;
    faults_ = faults();
    faults_.lost = t_.happens(0.2) ? 0.9 : 0.2;
    // What names the wrong order, says no time and comes late tells most of how an order keeps its parcel.
    bool mistyped = ways_.mistyped > 0;
    faults_.untimed = t_.happens(mistyped ? 0.6 : 0.3) ? 0.3 : 0;
    faults_.clock_jumps = t_.happens(0.3);
    if (faults_.untimed > 0 || faults_.clock_jumps)
      store_.strict = false; // from here on, guesses are possible
    faults_.failed = t_.happens(0.2) ? 0.4 : 0.05;
    faults_.delay = t_.happens(mistyped ? 0.6 : 0.3) ? milliseconds(20min) : milliseconds(10s);
    store_.knows_truth = !faults_.clock_jumps;
    if (t_.happens(0.3)) any_courier().spoil_page(2 + t_.below(3), t_.happens(0.5) ? 403 : 500);
    again(4min, [this] { make_order_or_ship_again(); });
    again(20s, [this] { any_courier().move_one(); });
    again(40min, [this] { remove_one(); });
    again(15min, [this] { ask_for_sweep(); });
    again(50min, [this] { any_courier().away_for(t_.about(3min)); });
    again(40min, [this] { any_courier().throttle_for(t_.about(1min), std::nullopt); });
    again(3h, [this] { any_courier().throttle_for(5min, milliseconds(0)); });
    again(4h, [this] { any_courier().close_for(10min + std::min<milliseconds>(t_.about(20min), 50min)); });
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
    for (const auto& courier : couriers_.all()) courier->come_back();
    database_back();
    store_.locked.clear();
    for (auto& r : receivers_) r->clock_off = milliseconds(0);
    for (auto& r : reconcilers_) r->clock_off = milliseconds(0);
    t_.after(10min, [this] { store_.knows_truth = true; });
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

  // As often as it has parcels.
  sim_courier& any_courier() {
    static constexpr std::array by_share{0, 0, 0, 1, 2};
    auto which = by_share[static_cast<std::size_t>(t_.below(by_share.size()))];
    return *couriers_.all()[static_cast<std::size_t>(which)];
  }

  // Old orders are forgotten by the courier's movement, not by the shop: the world stays small by bounding
  // the new.
  void make_order_or_ship_again() {
    if (orders_made_ < orders_max && t_.happens(0.6)) return make_order();
    const sim_courier& courier = any_courier();
    std::vector<const sim_courier::parcel*> going_back;
    for (const auto& p : courier.parcels())
      if (courier.part().goes_back(p.path.back().status)) going_back.push_back(&p);
    if (going_back.empty() || courier.parcels().size() >= 2 * orders_max) return;
    const auto& some = *going_back[static_cast<std::size_t>(t_.below(static_cast<int>(going_back.size())))];
    std::string account = some.account, reference = some.reference; // `ship` may move it
    ship(account, reference, "");
  }

  // As a person does on the screen.
  void ask_for_sweep() {
    auto account = store_.accounts.begin();
    std::advance(account, t_.below(static_cast<int>(store_.accounts.size())));
    account->second.requested = store_.up;
    if (t_.happens(0.5)) // somebody else does so a moment later
      t_.after(20s, [this, id = account->first] { store_.accounts[id].requested = store_.up; });
  }

  void remove_one() {
    sim_courier& courier = any_courier();
    auto& parcels = courier.parcels();
    if (parcels.empty()) return;
    auto& some = parcels[static_cast<std::size_t>(t_.below(static_cast<int>(parcels.size())))];
    if (!some.removed && some.path.back().status == courier.part().made) courier.remove(some);
  }

  void database_away(milliseconds time) {
    store_.up = false;
    t_.after(time, [this] { database_back(); });
  }

  void database_back() {
    if (!std::exchange(store_.up, true)) store_.up_since = t_.now();
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
      bool waits = e.event.state == receiver::event_state::failed ||
                   e.event.state == receiver::event_state::confirming; // for a read that is refused each time
      bool refused = waits && of_refused_order(e);
      if (!e.outcome && !parked && !refused)
        throw violation(fmt::format("event {} of {} is not done with: {} after {} tries", id,
                                    e.event.observation.shipment.reference.value_or("no reference"),
                                    receiver::to_string(e.event.state), e.event.attempts));
      if (!e.outcome && !refused && has_order(e.event.observation))
        throw violation(fmt::format("event {} is parked for ever", id));
    }
    for (const auto& [id, order] : store_.orders) check(order);
    for (auto& [id, row] : store_.accounts)
      if (!is_excused(row) && (!row.full_watermark || *row.full_watermark < store_.clock() - 7h))
        throw violation(fmt::format("{} has had no complete sweep in seven hours of rest", id));
  }

  // Its newest full sweep has named the orders that keep it from being complete.
  static bool is_excused(const account_row& row) { return !row.unsettled.empty() || !row.refused.empty(); }

  void check_retried(instant rest_began) {
    for (auto& [id, row] : store_.accounts) {
      bool complete = row.full_watermark && row.incomplete_fulls == 0;
      bool tried = row.full_ended && *row.full_ended > rest_began;
      if (!complete && !(tried && is_excused(row)))
        throw violation(fmt::format("no full sweep of {} is complete after two hours of rest", id));
    }
  }

  // The one that its parcel is of, or is said to be of: while that one refuses, the parcel may be known
  // nowhere.
  [[nodiscard]] bool of_refused_order(const stored_event& e) const {
    const suivi::shipment& parcel = e.event.observation.shipment;
    for (const auto& p : store_.parcels)
      if (p.order_id && store_.refused.contains(*p.order_id) &&
          (p.uuid == parcel.uuid || p.display_id == parcel.display_id))
        return true;
    return std::ranges::any_of(
        e.references, [&](const std::string& each) { return store_.refused.contains("order-" + each); });
  }

  [[nodiscard]] bool has_order(const shop::observation& o) const {
    for (const auto& [id, order] : store_.orders)
      if (order.reference == o.shipment.reference && order.account == o.account) return true;
    return false;
  }

  void check(const shop::order_row& order) {
    const sim_courier& courier = couriers_.of(*order.account);
    const sim_courier::parcel* current = courier.current_of(*order.account, order.reference, t_.now());
    if (!current || store_.refused.contains(order.id)) return;
    const auto& named = store_.accounts.at(*order.account).unsettled;
    if (std::ranges::find(named, order.reference) != named.end()) return;
    const parcel_state& state = current->path.back().status;
    std::string text = shop::shown_text(state), tracking = courier.tracking_of(*current);
    if (order.columns.shipping_status != text || order.columns.tracking != tracking)
      throw violation(fmt::format("{} shows {} {} where the courier has {} {}", order.reference,
                                  order.columns.shipping_status.value_or("nothing"),
                                  order.columns.tracking.value_or("-"), text, tracking));
    bool alerted = courier.part().kind == courier_kind::guepex && shop::is_alert(courier_kind::guepex, state);
    if (courier.part().tells_since_when && order.columns.alerted_at.has_value() != alerted)
      throw violation(
          fmt::format("{} shows {}, and that it is alerted: {}", order.reference, text, !alerted));
  }

  static constexpr int orders_max = 60;

  timeline t_;
  faults faults_ = none();
  ways ways_;
  sim_couriers couriers_;
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
