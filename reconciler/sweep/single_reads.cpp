// The requests of a sweep for single orders and parcels: doubts settled, orders looked up by reference, open
// parcels re-read in rotation. All of them wait for their turn among the account's requests in flight.
#include "reconciler/sweep/account_sweep.hpp"

#include "common/log/log.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

// One parcel is read so often in a sweep to settle its doubts: while it is read, more webhooks may come.
constexpr int reads_of_one_max = 3;
// So long a single read waits for a courier's clock that is behind ours.
constexpr milliseconds clock_wait_max{120'000};

} // namespace

bool account_sweep::ending_early() const {
  return stopping_ || lease_lost_ || feed_.failed() || !courier_.stopped().empty();
}

// True once another request may be under way, false if the sweep ends early.
task<bool> account_sweep::turn() {
  while (!ending_early()) {
    if (in_flight_ < static_cast<std::size_t>(options_.max_in_flight)) {
      ++in_flight_;
      co_return true;
    }
    co_await wake_.wait_until(steady_now() + milliseconds(1'000));
  }
  co_return false;
}

void account_sweep::answered_one() {
  --in_flight_;
  wake_.notify();
}

task<account_sweep::single> account_sweep::ask(shop::wanted_read wanted, shop::source as) {
  wanted.account = who_.id;
  auto got = co_await courier_.read(std::move(wanted), options_.read_lag);
  note_clock(got.how);
  using outcome = asked<std::vector<shop::observation>>::outcome;
  switch (got.what) {
  case outcome::good:
    break;
  case outcome::past_end:
    co_return single::absent;
  case outcome::unreadable:
    co_return single::failed;
  case outcome::stopped:
    co_return single::stopped;
  }
  for (shop::observation& o : *got.content) {
    o.account = who_.id;
    o.from = as;
    o.sweep_id = id_;
  }
  feed_.offer(std::move(*got.content));
  co_return single::answered;
}

task<void> account_sweep::settle_one(shop::wanted_read wanted) {
  single end = co_await ask(std::move(wanted), shop::source::confirm);
  // Absent: gone at the courier, and what the shop shows stays.
  if (end == single::failed || end == single::stopped) ++doubts_undone_;
  answered_one();
}

// A pull's time is the courier's where its clock is behind ours (shop::pull_time), so a read beats a webhook
// only by so much later.
void account_sweep::note_clock(const maystro::reading& how) {
  constexpr std::chrono::seconds granularity{1}; // of Date: another answer may show as much less
  if (!how.server_date || *how.server_date + granularity > how.asked_at) return;
  instant shown = shop::pull_time(how.asked_at, how.answered_at, how.server_date, milliseconds(0)).from;
  auto behind = std::chrono::ceil<milliseconds>(how.asked_at - shown) + granularity;
  courier_behind_ = std::max(courier_behind_, behind);
}

// A read that begins then or later settles it.
instant account_sweep::settled_from(const shop::wanted_read& wanted) const {
  return wanted.not_before + std::min(courier_behind_, clock_wait_max);
}

// What is not settled by a read that has begun since waits for one.
void account_sweep::gather_doubts() {
  for (shop::wanted_read& wanted : feed_.take_doubts()) {
    if (options_.dry_run || (!wanted.account.empty() && wanted.account != who_.id)) continue;
    std::string key = doubt_key(wanted);
    auto known = settled_.find(key);
    if (known != settled_.end()) {
      if (known->second.begun >= settled_from(wanted)) continue;
      if (known->second.reads >= reads_of_one_max) {
        ++doubts_undone_;
        continue;
      }
    }
    auto [waiting, fresh] = doubts_.try_emplace(std::move(key), wanted);
    if (!fresh) waiting->second.not_before = std::max(waiting->second.not_before, wanted.not_before);
  }
}

// Those that may be asked about now, also while pages are being read: the courier lets them go first.
void account_sweep::start_due_doubts() {
  gather_doubts();
  instant at = now();
  std::erase_if(doubts_, [&](auto& waiting) {
    bool room = in_flight_ < courier_.useful_callers() + static_cast<std::size_t>(options_.max_in_flight);
    if (!room || at < settled_from(waiting.second)) return false;
    settling& one = settled_[waiting.first];
    one.begun = at;
    ++one.reads;
    ++in_flight_;
    fetchers_.spawn("single read", settle_one(std::move(waiting.second)));
    return true;
  });
}

// Until nothing is in doubt any more, or nothing more can be asked.
task<void> account_sweep::settle_doubts() {
  while (!ending_early()) {
    start_due_doubts();
    if (doubts_.empty() && in_flight_ == 0 && feed_.waiting() == 0) break;
    steady_time again = steady_now() + milliseconds(1'000);
    for (const auto& [key, wanted] : doubts_) {
      auto left = std::chrono::ceil<milliseconds>(settled_from(wanted) - now());
      again = std::min(again, steady_now() + std::max(left, milliseconds(5)));
    }
    co_await wake_.wait_until(again);
  }
  co_await fetchers_.join();
  co_await drain();
  gather_doubts();
  doubts_undone_ += doubts_.size();
  doubts_.clear();
}

task<void> account_sweep::look_up_one(unfound_order order) {
  shop::wanted_read wanted;
  wanted.reference = std::move(order.reference);
  single end = co_await ask(std::move(wanted), shop::source::lookup);
  if (end != single::stopped) lookup_answers_.push_back({std::move(order.id), end != single::failed});
  answered_one();
}

// Orders without tracking number that the pages did not show. A question without an answer is asked again in
// a later sweep and takes nothing from this one's verdict, which is about the list.
task<void> account_sweep::look_up() {
  bool full = options_.kind == sweep_kind::full;
  page_plan::verdict list = plan_.judge();
  if (full && plan_.done() && list.complete && !list.cut)
    co_return; // the list itself says "not there" of all others
  co_await drain();
  if (options_.lookup_limit <= 0 || ending_early()) co_return;

  lookup_question which;
  which.account = who_.id;
  which.adopt_unassigned = options_.adopt_unassigned;
  which.only_new = !full;
  // A dry run has written nothing, so the orders that its pages showed are still without tracking number.
  which.most = options_.lookup_limit + static_cast<std::int64_t>(feed_.orders_met());
  std::vector<unfound_order> orders;
  {
    auto db = co_await database_.acquire(steady_now() + database_wait);
    if (!db) {
      log::warn("no look-ups: the database did not answer", {{"error", to_string(db.error())}});
      co_return;
    }
    auto found = co_await orders_to_look_up(**db, std::move(which));
    if (!found) {
      log::warn("no look-ups: the orders could not be read", {{"error", to_string(found.error())}});
      co_return;
    }
    orders = std::move(*found);
  }
  for (unfound_order& order : orders) {
    if (lookups_ >= options_.lookup_limit) break;
    if (feed_.met(order.id)) continue;
    bool mine = co_await turn();
    if (!mine) break;
    ++lookups_;
    fetchers_.spawn("look-up", look_up_one(std::move(order)));
  }
  co_await fetchers_.join();
  co_await drain();
  if (!held_ || lookup_answers_.empty() || stopping_ || lease_lost_) co_return;
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto noted = co_await note_lookups(**db, *held_, std::move(lookup_answers_));
  if (!noted) log::warn("answers to look-ups could not be kept", {{"error", to_string(noted.error())}});
}

task<void> account_sweep::reread_one(open_parcel parcel) {
  shop::wanted_read wanted;
  wanted.uuid = std::move(parcel.uuid);
  wanted.reference = std::move(parcel.reference);
  single end = co_await ask(std::move(wanted), shop::source::sweep);
  if (end != single::stopped) rereads_.push_back({parcel.id, end == single::absent});
  answered_one();
}

// One turn of rotation. What could not be read goes to the end of the queue, so that it holds up no other.
task<void> account_sweep::rotate() {
  co_await drain();
  if (ending_early()) co_return;
  std::vector<open_parcel> parcels;
  {
    auto db = co_await database_.acquire(steady_now() + database_wait);
    if (!db) {
      log::warn("no rotation: the database did not answer", {{"error", to_string(db.error())}});
      co_return;
    }
    auto found = co_await parcels_to_reread(**db, who_.id, options_.incremental_every);
    if (!found) {
      log::warn("no rotation: the parcels could not be read", {{"error", to_string(found.error())}});
      co_return;
    }
    parcels = std::move(*found);
  }
  for (open_parcel& parcel : parcels) {
    if (!parcel.uuid && parcel.reference.empty()) continue;
    bool mine = co_await turn();
    if (!mine) break;
    fetchers_.spawn("rotation", reread_one(std::move(parcel)));
  }
  co_await fetchers_.join();
  co_await drain();
  if (!held_ || rereads_.empty() || stopping_ || lease_lost_) co_return;
  auto db = co_await database_.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto noted = co_await note_rereads(**db, *held_, std::move(rereads_));
  if (!noted) log::warn("re-read parcels could not be noted", {{"error", to_string(noted.error())}});
}

} // namespace suivi::reconciler
