// Makes single reads for doubts, look-ups by reference and the rotation.
#include "reconciler/sweep/single_reads.hpp"

#include "common/log/log.hpp"
#include "common/shop/single_read.hpp"
#include "reconciler/sweep/courier_clock.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <utility>

namespace suivi::reconciler {
namespace {

constexpr int halved_in_vain_max = 8; // more than halving the largest look-up down to one reference takes

// Of two at least.
template <class T>
std::array<std::vector<T>, 2> halves_of(std::vector<T> whole) {
  auto middle = whole.begin() + static_cast<std::ptrdiff_t>((whole.size() + 1) / 2);
  std::vector<T> back(std::make_move_iterator(middle), std::make_move_iterator(whole.end()));
  whole.erase(middle, whole.end());
  return {std::move(whole), std::move(back)};
}

} // namespace

std::vector<std::string> single_reads::unsettled() const {
  std::set<std::string> names; // an order's parcels may each be in doubt
  for (const auto& [key, name] : doubts_.unsettled()) names.insert(name);
  return {names.begin(), names.end()};
}

// A row of an answer about several.
shop::observation single_reads::observed(shipment row, shop::source source,
                                         const courier::response_meta& how) const {
  shop::observation o =
      shop::observe(std::move(row), source, shop::pull_kind::row, how, sweep_.options.read_lag);
  o.account = sweep_.account.id;
  o.sweep_id = sweep_.id;
  return o;
}

task<single_reads::outcome> single_reads::read(shop::wanted_read wanted, shop::source source) {
  wanted.account = sweep_.account.id;
  auto got = co_await sweep_.courier.read(std::move(wanted), sweep_.options.read_lag);
  note_clock(got.how);
  using answer = read_result<std::vector<shop::observation>>::outcome;
  switch (got.result) {
  case answer::good:
    break;
  case answer::past_end:
    co_return outcome::absent;
  case answer::unreadable:
    co_return got.why.starts_with("courier:unfiltered") ? outcome::unfiltered : outcome::failed;
  case answer::stopped:
    co_return outcome::stopped;
  }
  for (shop::observation& o : *got.content) {
    o.account = sweep_.account.id;
    o.from = source;
    o.sweep_id = sweep_.id;
  }
  sweep_.rows.push(std::move(*got.content));
  co_return outcome::answered;
}

task<void> single_reads::settle_one(shop::wanted_read wanted) {
  outcome end = co_await read(wanted, shop::source::confirm);
  // Absent: gone at the courier, and what the shop shows stays; unless this very sweep has seen it there.
  shipment parcel;
  parcel.uuid = wanted.uuid;
  bool was_listed = !wanted.uuid || sweep_.counted.saw(identity_hash(parcel));
  if (end != outcome::answered && (end != outcome::absent || was_listed)) doubts_.read_failed(wanted);
  sweep_.request_ended();
}

// A pull's time is the courier's where its clock is behind ours (shop::pull_time), so a read beats a webhook
// only by so much later.
void single_reads::note_clock(const courier::response_meta& meta) {
  doubts_.clock_behind(clock_behind(meta));
}

// Doubts about another account's parcels are not ours to ask.
void single_reads::gather_doubts() {
  for (row_queue::doubt& one : sweep_.rows.take_doubts()) {
    const std::string& account = one.wanted.account;
    if (sweep_.options.dry_run || (!account.empty() && account != sweep_.account.id)) continue;
    doubts_.push(std::move(one.wanted), one.after_read);
  }
}

void single_reads::start_due_doubts() {
  gather_doubts();
  std::size_t callers_max =
      sweep_.courier.useful_callers() + static_cast<std::size_t>(sweep_.options.max_in_flight);
  std::size_t free = callers_max - std::min(callers_max, sweep_.in_flight);
  for (shop::wanted_read& wanted : doubts_.take_due(now(), free)) {
    ++sweep_.in_flight;
    sweep_.fetchers.spawn("single read", settle_one(std::move(wanted)));
  }
}

task<void> single_reads::settle_doubts() {
  while (!sweep_.ending_early()) {
    start_due_doubts();
    if (doubts_.empty() && sweep_.in_flight == 0 && sweep_.rows.waiting() == 0) break;
    milliseconds pause = std::max(doubts_.due_in(now(), milliseconds(1'000)), milliseconds(5));
    co_await sweep_.wake.wait_until(steady_now() + pause);
  }
  co_await sweep_.fetchers.join();
  co_await sweep_.drain();
  gather_doubts();
  doubts_.close();
}

// Whoever is answered with other orders meanwhile waits for what the test shows.
task<void> single_reads::test_filter() {
  std::optional<std::string> known = filter_.unfiltered();
  if (known) {
    std::vector<std::string> references{*known};
    auto got = co_await sweep_.courier.look_up(std::move(references));
    filter_.tested(*known, got.content ? &*got.content : nullptr);
    sweep_.wake.notify();
  }
  while (filter_.testing() && !sweep_.ending_early())
    co_await sweep_.wake.wait_until(steady_now() + milliseconds(200));
}

void single_reads::note_no_look_ups(const error& why) {
  log::warn("no look-ups: the orders could not be read", {{"error", to_string(why)}});
  lookup_problem_ = fmt::format("the orders could not be read: {}", to_string(why));
}

void single_reads::note_unanswered() {
  auto unanswered = std::ranges::count_if(lookup_answers_, [](const auto& one) { return !one.answered; });
  if (filter_.ignored())
    log::warn("the courier answers look-ups by reference with other orders: no more are made in this sweep",
              {{"account", sweep_.account.id}});
  if (filter_.was_unfiltered())
    lookup_problem_ = "the courier answers look-ups by reference with other orders";
  else if (unanswered > 0)
    lookup_problem_ =
        fmt::format("{} of {} look-ups got no answer from the courier", unanswered, lookup_answers_.size());
}

task<void> single_reads::look_up_one(unfound_order order) {
  shop::wanted_read wanted;
  wanted.uuid = order.uuid;
  wanted.reference = order.reference;
  outcome end = co_await read(wanted, shop::source::lookup);
  if (end == outcome::absent && wanted.uuid && !wanted.reference.empty()) {
    wanted.uuid.reset(); // an id that the courier no longer knows: the reference may still be its
    end = co_await read(wanted, shop::source::lookup);
  }
  if (end == outcome::unfiltered) co_await test_filter();
  bool answered = end == outcome::answered || end == outcome::absent;
  if (end != outcome::stopped) lookup_answers_.push_back({std::move(order), answered});
  sweep_.request_ended();
}

void single_reads::start_look_up(std::vector<unfound_order> orders, bool single) {
  if (single)
    sweep_.fetchers.spawn("look-up", look_up_one(std::move(orders.front())));
  else
    sweep_.fetchers.spawn("look-up", look_up_batch(std::move(orders)));
}

// Only rows of the very references that were asked for count: the courier may ignore its filter, and splits a
// reference with a comma.
task<void> single_reads::look_up_batch(std::vector<unfound_order> orders) {
  std::vector<std::string> references;
  for (const unfound_order& order : orders) references.push_back(order.reference);
  auto got = co_await sweep_.courier.look_up(references);
  note_clock(got.how);
  using answer = read_result<shipment_page>::outcome;
  std::set<std::string> listed;
  bool is_whole = got.result == answer::past_end;
  if (got.result == answer::good) {
    const shipment_page& page = *got.content;
    is_whole = page.is_whole();
    std::vector<shop::observation> found;
    for (shipment& row : got.content->rows) {
      auto is_of = [&](const std::string& one) { return shop::is_reference(row.reference, one); };
      auto requested = std::ranges::find_if(references, is_of);
      if (requested == references.end() || !row.status) continue;
      listed.insert(*requested);
      found.push_back(observed(std::move(row), shop::source::lookup, got.how));
    }
    sweep_.rows.push(std::move(found));
    if (page.has_next && listed.empty()) co_await test_filter();
  }
  bool answered = got.result == answer::good || got.result == answer::past_end;
  if (answered) halved_in_vain_ = 0;
  bool halves =
      got.result == answer::unreadable && orders.size() > 1 && halved_in_vain_++ < halved_in_vain_max;
  if (halves) {
    // One reference that the courier cannot answer for keeps no other from being looked up.
    sweep_.in_flight += 2;
    for (std::vector<unfound_order>& half : halves_of(std::move(orders)))
      sweep_.fetchers.spawn("look-up", look_up_batch(std::move(half)));
  } else if (got.result != answer::stopped) {
    // Of a reference that an answer in part does not show nobody knows whether it is there.
    for (unfound_order& order : orders) {
      bool is_answered = is_whole || listed.contains(order.reference);
      lookup_answers_.push_back({std::move(order), is_answered});
    }
  }
  sweep_.request_ended();
}

task<void> single_reads::look_up() {
  co_await sweep_.drain();
  const std::size_t together = sweep_.courier.can().references_max;
  if (sweep_.options.lookup_limit <= 0 || together == 0 || sweep_.ending_early()) co_return;

  lookup_question question;
  question.account = sweep_.account.id;
  question.courier = sweep_.account.courier.courier;
  question.adopt_unassigned = sweep_.options.adopt_unassigned;
  question.only_new = sweep_.options.kind == sweep_kind::incremental;
  question.all = sweep_.options.kind == sweep_kind::lookups;
  // A dry run has written nothing, so the orders that its pages showed are still without tracking number.
  question.orders_max = sweep_.options.lookup_limit + static_cast<std::int64_t>(sweep_.rows.order_count());
  std::vector<unfound_order> orders;
  std::int64_t orders_max = 0;
  {
    auto db = co_await sweep_.database.acquire(steady_now() + database_wait);
    if (!db) {
      note_no_look_ups(db.error());
      co_return;
    }
    orders_max = question.orders_max;
    auto found = co_await orders_to_look_up(**db, std::move(question));
    if (!found) {
      note_no_look_ups(found.error());
      co_return;
    }
    orders = std::move(*found);
  }
  // A list that fills its room is taken for one that goes on.
  bool full = sweep_.options.kind == sweep_kind::full;
  std::int64_t capacity = full ? orders_max : std::min(orders_max, unlinked_per_sweep_max);
  bool more_left = static_cast<std::int64_t>(orders.size()) >= capacity;
  std::vector<unfound_order> batch;
  for (unfound_order& order : orders) {
    if (lookups_ >= sweep_.options.lookup_limit || filter_.ignored()) break;
    if (sweep_.rows.saw_order(order.id)) continue;
    ++lookups_;
    bool alone = together == 1 || order.reference.find(',') != std::string::npos;
    std::vector<unfound_order> one;
    (alone ? one : batch).push_back(std::move(order));
    if (batch.size() == together) one = std::exchange(batch, {});
    if (one.empty()) continue;
    bool admitted = co_await sweep_.wait_for_slot();
    if (!admitted) break;
    start_look_up(std::move(one), together == 1);
  }
  if (!batch.empty()) {
    bool admitted = co_await sweep_.wait_for_slot();
    if (admitted) start_look_up(std::move(batch), false);
  }
  co_await sweep_.fetchers.join();
  co_await sweep_.drain();
  note_unanswered();
  // Noted is only what the door has taken: the rest is asked for again.
  if (sweep_.rows.failed()) co_return;
  std::erase_if(lookup_answers_,
                [&](const lookup_answer& one) { return sweep_.rows.left_out(one.order.reference); });
  if (!sweep_.held || sweep_.stopping || sweep_.lease_lost) co_return;
  auto db = co_await sweep_.database.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto noted = co_await note_lookups(**db, *sweep_.held, std::move(lookup_answers_), more_left);
  if (!noted) log::warn("answers to look-ups could not be kept", {{"error", to_string(noted.error())}});
}

task<void> single_reads::reread_one(open_parcel parcel) {
  shop::wanted_read wanted;
  wanted.uuid = std::move(parcel.uuid);
  wanted.reference = std::move(parcel.reference);
  std::string name = wanted.uuid.value_or(wanted.reference);
  steady_time requested_at = steady_now();
  outcome end = co_await read(std::move(wanted), shop::source::sweep);
  if (end != outcome::stopped)
    rereads_.push_back({parcel.id, end == outcome::absent, std::move(name), requested_at});
  sweep_.request_ended();
}

// What the courier shows of these numbers. The filter may be ignored, so only their own rows count, and only
// an answer that is whole says of a number that it is gone.
task<void> single_reads::reread_batch(std::vector<open_parcel> parcels) {
  std::vector<std::string> numbers;
  for (const open_parcel& parcel : parcels) numbers.push_back(*parcel.uuid);
  steady_time requested_at = steady_now();
  auto got = co_await sweep_.courier.read_numbers(numbers);
  note_clock(got.how);
  using answer = read_result<shipment_page>::outcome;
  std::set<std::string> listed;
  bool is_whole = false;
  if (got.result == answer::good) {
    halved_in_vain_ = 0;
    is_whole = got.content->is_whole();
    std::vector<shop::observation> found;
    for (shipment& row : got.content->rows) {
      bool was_requested = row.uuid && std::ranges::find(numbers, *row.uuid) != numbers.end();
      if (!was_requested || !row.status) continue;
      listed.insert(*row.uuid);
      found.push_back(observed(std::move(row), shop::source::sweep, got.how));
    }
    sweep_.rows.push(std::move(found));
  }
  if (got.result == answer::unreadable && parcels.size() > 1 && halved_in_vain_++ < halved_in_vain_max) {
    sweep_.in_flight += 2;
    for (std::vector<open_parcel>& half : halves_of(std::move(parcels)))
      sweep_.fetchers.spawn("rotation", reread_batch(std::move(half)));
  } else if (got.result != answer::stopped) {
    for (open_parcel& parcel : parcels) {
      bool gone = is_whole && !listed.contains(*parcel.uuid);
      rereads_.push_back({parcel.id, gone, std::move(*parcel.uuid), requested_at});
    }
  }
  sweep_.request_ended();
}

bool single_reads::finds_every_change() const {
  const courier::capabilities& can = sweep_.courier.can();
  return !can.lists || can.lists_changes;
}

task<void> single_reads::note_unknown(std::vector<std::string> order_ids) {
  if (order_ids.empty() || !sweep_.held || sweep_.lease_lost) co_return;
  log::info("the courier tells no state of some tracking numbers",
            {{"account", sweep_.account.id}, {"orders", order_ids.size()}});
  auto db = co_await sweep_.database.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto noted = co_await reconciler::note_unanswered(**db, *sweep_.held, std::move(order_ids));
  if (!noted) log::warn("unknown tracking numbers could not be noted", {{"error", to_string(noted.error())}});
}

task<void> single_reads::note_gone(pg::connection& db) {
  if (!finds_every_change() || !sweep_.held || sweep_.options.kind != sweep_kind::full) co_return;
  auto noted = co_await note_not_shown(db, *sweep_.held, *sweep_.id);
  if (!noted) log::warn("parcels that are gone could not be noted", {{"error", to_string(noted.error())}});
}

task<void> single_reads::start_rereads(std::vector<open_parcel> parcels) {
  const std::size_t together = sweep_.courier.can().trackings_max;
  std::vector<open_parcel> batch;
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    open_parcel& parcel = parcels[i];
    if (parcel.uuid || (together == 0 && !parcel.reference.empty())) batch.push_back(std::move(parcel));
    bool is_full = batch.size() >= std::max<std::size_t>(together, 1) || i + 1 == parcels.size();
    if (batch.empty() || !is_full) continue;
    bool admitted = co_await sweep_.wait_for_slot();
    if (!admitted) co_return;
    std::vector<open_parcel> next = std::exchange(batch, {});
    if (together == 0)
      sweep_.fetchers.spawn("rotation", reread_one(std::move(next.front())));
    else
      sweep_.fetchers.spawn("rotation", reread_batch(std::move(next)));
  }
}

task<void> single_reads::rotate() {
  if (!sweep_.courier.can().lists) co_return;
  co_await sweep_.drain();
  if (sweep_.ending_early()) co_return;
  std::vector<open_parcel> parcels;
  {
    auto db = co_await sweep_.database.acquire(steady_now() + database_wait);
    if (!db) {
      log::warn("no rotation: the database did not answer", {{"error", to_string(db.error())}});
      co_return;
    }
    // Changes are found without it, but not what a list that is cut no longer shows.
    std::int64_t every_time = finds_every_change() ? 0 : rotation_min;
    auto found =
        co_await parcels_to_reread(**db, sweep_.account.id, sweep_.options.incremental_every, every_time);
    if (!found) {
      log::warn("no rotation: the parcels could not be read", {{"error", to_string(found.error())}});
      co_return;
    }
    parcels = std::move(*found);
  }
  co_await start_rereads(std::move(parcels));
  co_await sweep_.fetchers.join();
  co_await sweep_.drain();
  if (sweep_.rows.failed()) co_return;
  std::erase_if(rereads_, [&](const reread& one) { return sweep_.rows.left_out(one.name); });
  if (!sweep_.held || rereads_.empty() || sweep_.stopping || sweep_.lease_lost) co_return;
  auto db = co_await sweep_.database.acquire(steady_now() + database_wait);
  if (!db) co_return;
  auto noted = co_await note_rereads(**db, *sweep_.held, std::move(rereads_));
  if (!noted) log::warn("re-read parcels could not be noted", {{"error", to_string(noted.error())}});
}

} // namespace suivi::reconciler
