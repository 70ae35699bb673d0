// Waiters of a batch share its timer; the batch lives until the last of them has gone.
#include "receiver/intake/intake.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"
#include "common/sqlstate/sqlstate.hpp"
#include "receiver/inbox/ranges.hpp"
#include "receiver/queue/batch_policy.hpp"

#include <algorithm>

namespace suivi::receiver {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds connection_patience = 3s; // then look whether it makes sense to go on
constexpr milliseconds initial_poll = 10ms;
constexpr milliseconds pause_max = 250ms; // for the apply lane to catch up
constexpr milliseconds pause_step = 5ms;

// Or never: nothing is wrong with the webhook itself.
bool came_too_late(const std::optional<result<receipt>>& answer) {
  return !answer || (!*answer && answer->error().kind != failure::permanent);
}

milliseconds elapsed_since(steady_time begun) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
}

} // namespace

intake::batch::batch(const asio::any_io_executor& executor, milliseconds patience)
    : opened_at(steady_clock::now()), give_up(opened_at + patience), done(executor, give_up) {}

intake::intake(asio::any_io_executor executor, database_monitor& db, spool& instead, apply_lane& next,
               receiver_metrics& counts, limits within)
    : executor_(std::move(executor)), db_(db), spool_(instead), next_(next), counts_(counts),
      limits_(within) {
  for (std::size_t i = 0; i < limits_.lanes; ++i)
    idle_.push_back(std::make_unique<runtime::wakeup>(executor_));
}

bool intake::has_room(std::size_t bytes) const {
  return queued_rows_ < limits_.queued_rows && queued_bytes_ + bytes <= limits_.queued_bytes;
}

std::shared_ptr<intake::batch> intake::open_batch(std::size_t bytes) {
  bool fits = !queue_.empty() && queue_.back()->rows.size() < limits_.batch_rows &&
              queue_.back()->bytes + bytes <= limits_.batch_bytes;
  if (!fits) queue_.push_back(std::make_shared<batch>(executor_, limits_.patience));
  return queue_.back();
}

task<result<receipt>> intake::store(webhook row) {
  auto bytes = row.raw.size();
  auto until = steady_clock::now() + limits_.whole_patience;
  while (!db_.is_up() && !db_.is_known()) co_await runtime::sleep_for(initial_poll);
  bool direct = db_.takes_webhooks() || (spool_.now().depth.rows == 0 && db_.may_try_to_store());
  if (finishing_ || !direct || !has_room(bytes)) {
    auto kept = co_await store_in_spool(std::move(row), until);
    co_return kept;
  }
  auto mine = open_batch(bytes);
  auto index = mine->rows.size();
  mine->rows.push_back(std::move(row));
  mine->answers.emplace_back();
  mine->bytes += bytes;
  ++queued_rows_;
  queued_bytes_ += bytes;
  counts_.intake_queue.set(static_cast<double>(queued_rows_));
  std::size_t rows = index + 1;
  if (rows == 1 || rows == last_rows_ || rows == limits_.beside_another_rows) // see batch_policy.hpp
    for (auto& lane : idle_) lane->notify();

  boost::system::error_code ended;
  co_await mine->done.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  auto& answer = mine->answers[index];
  if (answer && *answer) co_return std::move(*answer);
  if (came_too_late(answer) && !mine->abandoned)
    note_failed(mine->failed.empty() ? "a webhook waited in vain for its COMMIT" : mine->failed);
  webhook copy = mine->rows[index]; // the lane may still be at work with the batch
  auto kept = co_await store_in_spool(std::move(copy), until);
  co_return kept;
}

task<result<receipt>> intake::store_in_spool(webhook row, steady_time until) {
  spooled spooled_row;
  spooled_row.received_at = row.received_at;
  spooled_row.account = std::move(row.account);
  spooled_row.raw = std::move(row.raw);
  auto kept = co_await spool_.append(std::move(spooled_row), until);
  if (!kept) co_return kept.error();
  receipt r;
  r.spooled = true;
  co_return r;
}

task<std::vector<result<receipt>>> intake::store_all(std::vector<webhook> rows) {
  auto b = std::make_shared<batch>(executor_, limits_.drain_patience);
  b->answers.resize(rows.size());
  b->rows = std::move(rows);
  auto here = under_way_.insert(under_way_.end(), b);
  co_await store_batch(b);
  under_way_.erase(here);
  if (std::ranges::any_of(b->answers, came_too_late) && !b->abandoned)
    note_failed(b->failed.empty() ? "webhooks of the spool waited in vain for their COMMIT" : b->failed);
  std::vector<result<receipt>> answers;
  for (auto& answer : b->answers)
    answers.push_back(
        answer ? std::move(*answer)
               : result<receipt>(transient("receiver:slow", "the database did not answer in time")));
  co_return answers;
}

void intake::divert_to_spool() {
  for (auto& b : queue_) {
    close(*b);
    under_way_.push_back(b);
  }
  for (auto& b : under_way_) {
    b->abandoned = true;
    b->done.cancel();
  }
  while (!queue_.empty()) {
    queue_.pop_front();
    under_way_.pop_back();
  }
}

// Who waits does not wait for the same in vain.
bool intake::note_failed(const std::string& why) {
  bool news = db_.note_store_failed(why);
  if (news) divert_to_spool();
  return news;
}

void intake::close(const batch& b) {
  queued_rows_ -= b.rows.size();
  queued_bytes_ -= b.bytes;
  counts_.intake_queue.set(static_cast<double>(queued_rows_));
}

steady_time intake::begins_at() const {
  const batch& next = *queue_.front();
  if (finishing_) return next.opened_at;
  return begin_batch_at({lanes_at_work_, next.rows.size(), next.opened_at, begun_, ended_, last_rows_,
                         next_.is_behind(), limits_.beside_another_rows});
}

// Whoever sends again only when he was answered is slowed down to what is applied. Not where so many wait
// that it would cost them their patience, and never for long: a durable event can be applied later.
task<void> intake::let_apply_catch_up() {
  auto until = steady_clock::now() + pause_max;
  begun_ = until; // no other lane takes what this one waits with
  while (next_.is_behind() && queued_rows_ < 2 * limits_.batch_rows && !finishing_ && db_.is_up() &&
         steady_clock::now() < until)
    co_await runtime::sleep_for(pause_step);
  begun_ = steady_clock::now();
}

task<void> intake::run_lane(std::size_t lane) {
  for (;;) {
    if (queue_.empty()) {
      if (finishing_) co_return;
      co_await idle_[lane]->wait();
      continue;
    }
    steady_time at = begins_at();
    if (at > steady_clock::now()) {
      co_await idle_[lane]->wait_until(at);
      continue;
    }
    ++lanes_at_work_;
    co_await let_apply_catch_up();
    if (queue_.empty()) { // let go of
      --lanes_at_work_;
      continue;
    }
    auto b = std::move(queue_.front());
    queue_.pop_front();
    counts_.batch_rows.observe(static_cast<double>(b->rows.size()));
    auto here = under_way_.insert(under_way_.end(), b);
    co_await store_batch(b);
    --lanes_at_work_;
    under_way_.erase(here);
    ended_ = steady_clock::now();
    last_rows_ = b->rows.size();
    close(*b);
    b->done.cancel();
  }
}

void intake::finish() {
  finishing_ = true;
  for (auto& lane : idle_) lane->notify();
}

bool intake::may_go_on(const batch& b) const {
  return !b.abandoned && db_.is_up() && steady_clock::now() < b.give_up;
}

// Rows that it leaves without answer are not known to be stored.
task<void> intake::store_batch(std::shared_ptr<batch> b) {
  if (!may_go_on(*b)) co_return;
  pg::batch_parts todo(b->rows.size());
  int failures = 0;
  while (!todo.empty()) {
    pg::range rows = todo.take();
    auto kept = co_await keep_range(b, rows);
    if (kept) continue;
    const error e = kept.error();
    b->failed = to_string(e);
    if (pg::is_shortage(e)) note_failed(b->failed); // a full disk: waiting for it is in vain
    if (pg::schema_is_missing(e)) db_.suspect_schema();
    if (e.kind != failure::permanent) db_.probe_now();
    if (e.kind == failure::in_doubt) b->in_doubt = true;
    auto remedy = pg::after_failure(e, rows.size());
    if (remedy == pg::remedy::again && may_go_on(*b)) {
      auto pause = backoff(failures++, 20ms, 500ms, jitter());
      co_await runtime::sleep_for(pause);
      todo.again(rows);
    } else if (remedy == pg::remedy::split) {
      todo.split(rows);
    } else if (remedy == pg::remedy::isolate) {
      counts_.refused_webhook(e);
      auto isolated = co_await isolate(b, rows.begin, e.code);
      if (!isolated) b->answers[rows.begin] = isolated.error();
    } else {
      bool refused = e.kind == failure::permanent;
      bool news = refused && !pg::schema_is_missing(e) && note_failed(b->failed); // a missing right, say
      if (refused && !news)
        counts_.refused_all(e);
      else if (!refused)
        log::debug("webhooks could not be stored", {{"rows", rows.size()}, {"error", to_string(e)}});
      for (auto i = rows.begin; i < rows.end; ++i) b->answers[i] = e;
    }
  }
}

task<result<void>> intake::keep_range(std::shared_ptr<batch> b, pg::range rows) {
  auto begun = steady_clock::now();
  auto until = std::min(b->give_up, begun + connection_patience);
  auto db = co_await db_.storing_connections().acquire(until);
  if (!db && db.error().kind != failure::permanent) note_failed(to_string(db.error()));
  if (!db) co_return db.error();
  auto& connection = **db;
  std::span<const webhook> part(b->rows.data() + rows.begin, rows.size());
  // What memory has no room for waits in nobody's hands, and so does what comes behind it.
  bool holds = !next_.has_backlog() && next_.free_capacity() >= rows.size();
  std::string owner = holds ? next_.owner() : "";
  auto receipts = co_await ingest_as_range(connection, part, owner);
  if (!receipts) co_return receipts.error();
  db_.note_stored(elapsed_since(begun));
  if (b->in_doubt) co_await hand_over_doubtful(*b, rows, *receipts, connection);
  if (holds)
    hand_over(*b, rows, *receipts);
  else
    next_.note_backlog(rows.size());
  answer(*b, rows, std::move(*receipts));
  co_return result<void>();
}

void intake::answer(batch& b, pg::range rows, std::vector<receipt> receipts) {
  std::vector<repeated_webhook> again;
  std::vector<readdressed> elsewhere;
  for (auto i = rows.begin; i < rows.end; ++i) {
    const auto& row = b.rows[i];
    auto& r = receipts[i - rows.begin];
    if (r.repeated && row.key.expiring && row.event.kind == event_kind::order)
      again.push_back({r.id, r.stored_on, row.received_at});
    if (r.repeated && row.account && row.event.kind == event_kind::order)
      elsewhere.push_back({r.id, r.stored_on, *row.account});
    b.answers[i] = std::move(r);
  }
  if (!again.empty()) next_.enqueue_repeats(std::move(again));
  if (!elsewhere.empty()) next_.take_readdressed(std::move(elsewhere));
}

void intake::hand_over(const batch& b, pg::range rows, const std::vector<receipt>& receipts) {
  event_range range;
  std::vector<pending_event> fresh;
  fresh.reserve(receipts.size());
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const webhook& row = b.rows[rows.begin + i];
    const receipt& kept = receipts[i];
    if (kept.repeated || row.event.kind != event_kind::order) continue;
    if (fresh.empty()) range = {kept.id, kept.stored_on, 0};
    range.first = std::min(range.first, kept.id);
    fresh.push_back(to_work(row, kept.id));
  }
  range.events = fresh.size();
  if (!fresh.empty()) next_.enqueue_range(std::move(range), std::move(fresh));
}

// A COMMIT's answer was lost: what was seen before may have been stored by that very COMMIT, in a range of
// ours that nobody here knows. What is not in our hands after all, the apply lane finds out.
task<void> intake::hand_over_doubtful(const batch& b, pg::range rows, const std::vector<receipt>& receipts,
                                      pg::connection& db) {
  std::vector<std::optional<std::int64_t>> ids;
  std::vector<pending_event> repeated;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    const webhook& row = b.rows[rows.begin + i];
    if (!receipts[i].repeated || row.event.kind != event_kind::order) continue;
    ids.emplace_back(receipts[i].id);
    repeated.push_back(to_work(row, receipts[i].id));
  }
  if (ids.empty()) co_return;
  pg::pipeline steps;
  add_open_ranges_of(steps, ids);
  auto opened = co_await db.run(std::move(steps));
  if (!opened) co_return; // their lease lapses
  next_.enqueue(std::move(repeated));
}

task<result<void>> intake::isolate(std::shared_ptr<batch> b, std::size_t row, std::string why) {
  auto db = co_await db_.storing_connections().acquire(b->give_up);
  if (!db) co_return db.error();
  auto& connection = **db;
  auto text = "the database refused it: " + why;
  auto kept = co_await ingest_as_poison(connection, b->rows[row], text);
  if (!kept) co_return kept.error();
  b->answers[row] = std::move(*kept);
  co_return result<void>();
}

} // namespace suivi::receiver
