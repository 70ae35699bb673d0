// One batch at a time; what must wait is looked at again between the batches, and at the end until its time
// is up.
#include "receiver/replay/replay.hpp"

#include "common/shop/single_read.hpp"
#include "receiver/replay/policy.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds poll_every = 250ms;
constexpr std::size_t waiting_max = 2'000;
constexpr int courier_failures_max = 3;

} // namespace

replay::replay(pg::pool& connections, account_registry& accounts, replay_options how)
    : connections_(connections), accounts_(accounts), how_(std::move(how)),
      door_(connections, how_.door, how_.owner) {
  report_.dry_run = how_.door.dry_run;
}

task<result<void>> replay::run(replay_source& from) {
  auto begun = steady_clock::now();
  result<void> did;
  while (did && !stopping_) {
    auto page = co_await next_page(from);
    if (!page) did = page.error();
    if (!page || page->empty()) break;
    report_.counts.selected += page->size();
    if (door_.leased() >= statistics_due_) {
      statistics_due_ *= 4;
      co_await door_.renew_statistics();
    }
    did = co_await take_on(std::move(*page));
    if (!did) break;
    did = co_await settle_doubt();
    if (!did) break;
    if (steady_clock::now() - polled_at_ >= poll_every) did = co_await poll();
    if (did) co_await keep_pace(begun);
  }
  while (did && !stopping_ && !(locked_.empty() && elsewhere_.empty())) {
    co_await runtime::sleep_for(poll_every);
    did = co_await poll();
  }
  co_await door_.give_back();
  co_return did;
}

task<result<replay::batch>> replay::next_page(replay_source& from) {
  auto limit = page_size(how_.events_per_second);
  for (;;) {
    error failed;
    auto db = co_await door_.connection();
    if (db) {
      auto& open = **db;
      auto page = co_await from.next(open, limit);
      if (page) door_.answered();
      if (page) co_return page;
      failed = page.error();
    } else {
      failed = db.error();
    }
    auto go_on = co_await door_.wait_out(failed);
    if (!go_on) co_return go_on.error();
  }
}

// A delivery that can be read now: its events take its place, those among them that were stored before only
// where they wait.
task<result<void>> replay::unpack(batch& events) {
  std::set<std::int64_t> fresh;
  std::vector<std::int64_t> all;
  for (replay_event& e : events) {
    if (e.whole.bodies.empty() || how_.door.dry_run) continue;
    auto stored = co_await unpack_one(e.whole);
    if (!stored) co_return stored.error();
    for (const receipt& one : *stored) {
      all.push_back(one.id);
      if (!one.repeated) fresh.insert(one.id);
    }
    e.decoded.kind = event_kind::ignored;
  }
  if (all.empty()) co_return result<void>();
  auto read = co_await read_elsewhere(std::move(all));
  if (!read) co_return read.error();
  std::erase_if(*read, [&](const replay_event& e) { return !e.is_pending && !fresh.contains(e.event.id); });
  report_.counts.selected += read->size();
  std::ranges::move(*read, std::back_inserter(events));
  co_return result<void>();
}

task<result<std::vector<receipt>>> replay::unpack_one(whole_delivery whole) {
  for (;;) {
    error failed;
    auto db = co_await door_.connection();
    if (db) {
      auto& open = **db;
      auto stored = co_await unpack_delivery(open, whole);
      if (stored) co_return stored;
      failed = stored.error();
    } else {
      failed = db.error();
    }
    auto go_on = co_await door_.wait_out(failed);
    if (!go_on) co_return go_on.error();
  }
}

task<result<void>> replay::take_on(batch events) {
  auto unpacked = co_await unpack(events);
  if (!unpacked) co_return unpacked;
  auto give_up = steady_clock::now() + how_.patience;
  auto account_of = [this](const replay_event& e) {
    courier_kind courier = e.decoded.shipment.courier;
    return e.event.id != 0
               ? accounts_.resolve_stored(e.event.named_account, courier)
               : accounts_.resolve(e.event.named_account, courier); // a file's is the operator's word
  };
  auto unknown = [&](const replay_event& e) { return !account_of(e); };
  if (std::any_of(events.begin(), events.end(), unknown)) co_await accounts_.refresh();
  batch good;
  batch refused;
  for (auto& e : events) {
    bool stored = e.event.id != 0;
    if (e.decoded.kind == event_kind::ignored) {
      report_.counts.add("ignored");
    } else if (e.decoded.kind == event_kind::not_understood) {
      report_.counts.add("quarantined");
    } else if (stored && e.in_flight && !how_.door.dry_run) {
      elsewhere_.push_back({e.event.id, give_up});
    } else if (auto account = account_of(e)) {
      e.event.observation.account = *account;
      good.push_back(std::move(e));
    } else {
      refused.push_back(std::move(e));
    }
  }
  bool hidden = false;
  if (!refused.empty()) hidden = co_await accounts_.may_be_hidden();
  auto did = co_await apply(std::move(good), give_up);
  if (!did) co_return did;
  replay_batch_writer::make_end end = hidden ? hidden_account : unknown_account;
  did = co_await record(std::move(refused), end);
  co_return did;
}

task<result<void>> replay::apply(batch events, steady_time give_up) {
  if (events.empty()) co_return result<void>();
  auto ends = co_await door_.apply(events);
  if (!ends) co_return ends.error();
  for (std::size_t i = 0; i < events.size(); ++i) note(std::move(events[i]), std::move((*ends)[i]), give_up);
  co_return result<void>();
}

task<result<void>> replay::record(batch events, replay_batch_writer::make_end end) {
  if (events.empty()) co_return result<void>();
  auto ends = co_await door_.record(events, end);
  if (!ends) co_return ends.error();
  auto give_up = steady_clock::now() + how_.patience;
  for (std::size_t i = 0; i < events.size(); ++i) note(std::move(events[i]), std::move((*ends)[i]), give_up);
  co_return result<void>();
}

void replay::note(replay_event&& event, replay_result&& end, steady_time give_up) {
  switch (end.state) {
  case replay_result::kind::open:
  case replay_result::kind::locked:
    locked_.push_back({std::move(event), give_up});
    return;
  case replay_result::kind::elsewhere:
    elsewhere_.push_back({event.event.id, give_up});
    return;
  case replay_result::kind::done:
    break;
  }
  bool nobodys = event.event.id == 0 && !how_.door.dry_run;
  if (end.wanted && nobodys && !settling_) {
    doubtful_.push_back({std::move(event), std::move(*end.wanted)});
    return;
  }
  report_.counts.add(end.outcome);
  if (!how_.door.dry_run) return;
  for (auto& change : end.changes)
    if (report_.changes.size() < replay_changes_max)
      report_.changes.push_back({end.reference, std::move(change)});
}

task<result<void>> replay::poll() {
  polled_at_ = steady_clock::now();
  auto waiting = std::exchange(locked_, {});
  bool crowded = waiting.size() > waiting_max;
  batch given_up;
  while (!waiting.empty()) {
    batch again;
    auto give_up = waiting.front().give_up; // one batch, one patience
    std::vector<locked_out> others;
    for (auto& one : waiting) {
      if (crowded || one.give_up <= polled_at_)
        given_up.push_back(std::move(one.event));
      else if (one.give_up == give_up && again.size() < shop::observations_per_call_max)
        again.push_back(std::move(one.event));
      else
        others.push_back(std::move(one));
    }
    waiting = std::move(others);
    auto did = co_await apply(std::move(again), give_up);
    if (!did) co_return did;
  }
  auto did = co_await record(std::move(given_up), locked_too_long);
  if (!did) co_return did;
  did = co_await poll_other_holders();
  co_return did;
}

// What another process had in hand: settled by it (then that counts), free again (then it is ours), or
// neither.
task<result<void>> replay::poll_other_holders() {
  if (elsewhere_.empty()) co_return result<void>();
  std::map<std::int64_t, steady_time> give_up;
  std::vector<std::int64_t> ids;
  auto count = std::min(elsewhere_.size(), waiting_max);
  for (std::size_t i = 0; i < count; ++i) {
    give_up.emplace(elsewhere_[i].id, elsewhere_[i].give_up);
    ids.push_back(elsewhere_[i].id);
  }
  auto found = co_await read_elsewhere(ids);
  if (!found) {
    auto go_on = co_await door_.wait_out(found.error());
    co_return go_on;
  }
  elsewhere_.erase(elsewhere_.begin(), elsewhere_.begin() + static_cast<std::ptrdiff_t>(count));
  report_.counts.selected -= ids.size() - found->size(); // deleted meanwhile
  batch free;
  for (auto& e : *found) {
    auto until = give_up.at(e.event.id);
    if (!e.is_pending)
      report_.counts.add(e.recorded);
    else if (!e.in_flight)
      free.push_back(std::move(e));
    else if (until <= polled_at_)
      report_.counts.add(outcome_elsewhere(e.recorded));
    else
      elsewhere_.push_back({e.event.id, until});
  }
  auto did = co_await take_on(std::move(free));
  co_return did;
}

task<result<replay::batch>> replay::read_elsewhere(std::vector<std::int64_t> ids) {
  replay_selection any;
  any.outcomes.clear();
  std::string no_account;
  auto db = co_await door_.connection();
  if (!db) co_return db.error();
  auto& open = **db;
  auto places = co_await find_places(open, std::move(ids));
  if (!places) co_return places.error();
  auto found = co_await read_at_places(open, any, no_account, std::move(*places));
  co_return found;
}

task<result<void>> replay::settle_doubt() {
  auto waiting = std::exchange(doubtful_, {});
  std::map<std::string, std::string> requested; // parcel → what its events count as where no answer came
  batch again;
  for (auto& one : waiting) {
    auto key = one.wanted.account + '\n' + one.wanted.uuid.value_or("") + '\n' + one.wanted.reference;
    auto at = requested.find(key);
    if (at == requested.end()) {
      std::string instead;
      bool answered = co_await ask_courier(one.wanted, instead);
      at = requested.emplace(key, answered ? "" : instead).first;
    }
    if (at->second.empty())
      again.push_back(std::move(one.event));
    else
      report_.counts.add(at->second);
  }
  auto give_up = steady_clock::now() + how_.patience;
  settling_ = true;
  auto did = co_await apply(std::move(again), give_up);
  settling_ = false;
  co_return did;
}

// False: `instead` is what the events that wait for this count as.
task<bool> replay::ask_courier(const shop::wanted_read& wanted, std::string& instead) {
  instead = "confirming";
  if (courier_failures_ >= courier_failures_max) co_return false; // not for this replay
  auto courier = accounts_.courier(wanted.account);
  if (!courier) {
    instead = "conflict";
    co_return false;
  }
  auto answer =
      co_await shop::read_and_apply(*courier, connections_, wanted, shop::source::confirm, how_.door);
  if (answer.content) {
    courier_failures_ = 0;
    co_return true;
  }
  if (answer.content.error().code == "courier:not_found") {
    instead = "conflict";
    co_return false;
  }
  ++courier_failures_;
  co_return false;
}

task<void> replay::keep_pace(steady_time begun) {
  auto due = begun + paced(report_.counts.selected, how_.events_per_second);
  while (!stopping_ && steady_clock::now() < due) {
    auto pause = std::min(due, steady_clock::now() + poll_every);
    co_await runtime::sleep_until(pause);
  }
}

} // namespace suivi::receiver
