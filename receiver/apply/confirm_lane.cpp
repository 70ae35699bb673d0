// Makes single reads and returns the events that waited for them to the apply lane.
#include "receiver/apply/confirm_lane.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/shop/courier_pause.hpp"
#include "common/shop/single_read.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds database_wait = 2s;
constexpr milliseconds short_pause = 1s; // shorter ones are waited out here
constexpr int rounds_max = 3;            // of reads that nobody waits for and that settled nothing

} // namespace

confirm_lane::confirm_lane(asio::any_io_executor executor, database_monitor& db, account_registry& accounts,
                           apply_lane& events, receiver_metrics& counts, shop::door_options door)
    : db_(db), accounts_(accounts), events_(events), counts_(counts), door_(door) {
  for (std::size_t i = 0; i < readers; ++i) idle_.push_back(std::make_unique<runtime::wakeup>(executor));
}

void confirm_lane::wake() {
  for (auto& reader : idle_) reader->notify();
}

std::optional<refusal_to_ask> confirm_lane::refuses(const std::string& account) const {
  auto gate = accounts_.gate(account);
  auto closed = gate ? gate->closed_for(steady_clock::now()) : milliseconds(0);
  if (closed > short_pause) return refusal_to_ask{closed, gate->closed_by()};
  if (queue_.is_full()) return refusal_to_ask{0ms, "waits for its turn to ask the courier"};
  return std::nullopt;
}

void confirm_lane::add(shop::wanted_read wanted, std::optional<pending_event> waiting, int round) {
  queue_.add(std::move(wanted), std::move(waiting), round, steady_clock::now(), suivi::now());
  wake();
}

task<void> confirm_lane::run_reader(std::size_t number) {
  for (;;) {
    steady_time now = steady_clock::now(), next_due;
    auto opens_at = [&](const std::string& account) {
      auto gate = accounts_.gate(account);
      return gate ? gate->opens_at(now) : now;
    };
    std::optional<read_queue::job> next = queue_.next(now, opens_at, next_due);
    if (next)
      co_await read(std::move(*next));
    else
      co_await idle_[number]->wait_until(next_due);
  }
}

task<milliseconds> confirm_lane::pause_left(const std::string& account) {
  auto db = co_await db_.connections().acquire(steady_clock::now() + database_wait);
  if (!db) co_return milliseconds(0);
  auto left = co_await shop::courier_pause_left(**db, account);
  co_return left ? *left : milliseconds(0);
}

task<void> confirm_lane::record_pause(const std::string& account, milliseconds pause) {
  if (pause < shop::recorded_pause_min) co_return;
  auto db = co_await db_.connections().acquire(steady_clock::now() + database_wait);
  if (!db) co_return;
  auto recorded = co_await shop::record_courier_pause(**db, account, pause);
  if (!recorded)
    log::warn("the courier's pause could not be recorded", {{"error", to_string(recorded.error())}});
}

task<void> confirm_lane::put_off(read_queue::job j, error why, milliseconds pause) {
  const auto account = j.wanted.account;
  if (j.waiting.empty()) {
    add(std::move(j.wanted), std::nullopt, j.round); // the gate holds it
  } else {
    co_await give_back(std::move(j.waiting), why, pause);
  }
  if (pause <= short_pause) co_return;
  auto others = queue_.take_waiting(account);
  co_await give_back(std::move(others), why, pause);
}

task<void> confirm_lane::read(read_queue::job j) {
  const auto account = j.wanted.account;
  // What one courier answers proves nothing of another's webhook.
  auto is_anothers = [&](const pending_event& each) {
    return !accounts_.resolve(account, each.observation.shipment.courier);
  };
  if (accounts_.knows(account) && std::ranges::any_of(j.waiting, is_anothers)) {
    auto e = permanent("courier:anothers", "the order is another courier's");
    co_await give_back(std::move(j.waiting), e, std::nullopt);
    co_return;
  }
  auto courier = accounts_.courier(account);
  auto gate = accounts_.gate(account);
  if (!courier || !gate) {
    auto e = permanent("courier:no_key", "the account is not known here, or has no key");
    co_await give_back(std::move(j.waiting), e, std::nullopt);
    co_return;
  }
  gate->started(steady_clock::now());
  auto pause = co_await pause_left(account);
  if (pause > milliseconds(0)) {
    auto why = transient("courier:throttled", "the courier wants to be left alone");
    gate->put_off(pause, why, steady_clock::now());
    co_await put_off(std::move(j), std::move(why), pause);
    co_return;
  }
  if (!j.waiting.empty()) j.wanted.event_id = j.waiting.front().id;
  auto& connections = db_.connections();
  auto answer = co_await shop::read_and_apply(*courier, connections, j.wanted, shop::source::confirm, door_);
  std::optional<error> problem;
  if (!answer.content) problem = answer.content.error();
  auto now = steady_clock::now();
  gate->ended(key_of(j.wanted), problem ? &*problem : nullptr, answer.how.status, answer.how.retry_after,
              jitter(), now);
  wake(); // another one may start in its place
  if (!problem) {
    counts_.read("answered");
    take_answer(std::move(j), *answer.content, answer.how.requested_at);
    co_return;
  }
  counts_.read(problem->code == "courier:not_found" ? "not_found" : "failed");
  if (answer.how.retry_after || problem->code == "courier:throttled") {
    auto pause_now = gate->closed_for(steady_clock::now());
    co_await record_pause(account, pause_now);
  }
  co_await give_back(std::move(j.waiting), *problem, answer.how.retry_after);
  auto closed = gate->closed_for(steady_clock::now());
  if (closed <= short_pause) co_return;
  auto others = queue_.take_waiting(account);
  co_await give_back(std::move(others), *problem, closed);
}

void confirm_lane::take_answer(read_queue::job j, const std::vector<shop::verdict>& verdicts,
                               instant requested_at) {
  bool wrote = false;
  for (const auto& v : verdicts) {
    wrote = wrote || v.outcome == shop::outcome::applied;
    if (j.waiting.empty() && v.wanted && j.round < rounds_max) add(*v.wanted, std::nullopt, j.round + 1);
  }
  for (auto& event : j.waiting) {
    event.read_at = requested_at;
    event.read_wrote = wrote;
    event.courier_away = false;
    event.busy_tries = 0;
    events_.requeue(std::move(event));
  }
}

task<void> confirm_lane::give_back(std::vector<pending_event> events, error why,
                                   std::optional<milliseconds> wait) {
  for (auto& event : events) {
    auto next = after_failed_read(event, why, wait, jitter());
    co_await events_.settle_one(std::move(event), std::move(next));
  }
}

} // namespace suivi::receiver
