// Rounds over the spool's ids; a round ends at the last of them, and the next begins with what stayed.
#include "receiver/intake/spool_drain.hpp"

#include "common/base/backoff.hpp"
#include "common/log/log.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t batch_rows = 500;
constexpr std::uint64_t batch_bytes = 8 << 20;
constexpr milliseconds poll_every = 2s; // another process may have left something

} // namespace

spool_drain::spool_drain(asio::any_io_executor executor, database_monitor& db, intake& in, spool& from,
                         receiver_metrics& counts)
    : db_(db), in_(in), from_(from), counts_(counts), hurried_(std::move(executor)) {}

task<void> spool_drain::run() {
  auto probed = co_await from_.probe();
  if (probed && from_.now().depth.rows > 0)
    log::info("webhooks of an earlier run are in the spool", {{"events", from_.now().depth.rows}});
  for (int failures = 0;;) {
    milliseconds pause = poll_every;
    if (db_.is_up() && from_.now().depth.rows > 0) {
      auto came = co_await next_batch();
      if (came == progress::some) {
        if (removing_) failures = 0; // else the next round comes later than this one did
        continue;
      }
      // Where webhooks go to the spool at once, this is what finds out that they need not.
      milliseconds pause_max = db_.takes_webhooks() ? 10s : 2s;
      if (came == progress::none) pause = backoff(failures++, 100ms, pause_max, jitter());
    }
    auto until = steady_clock::now() + pause;
    co_await hurried_.wait_until(until);
    co_await from_.probe();
  }
}

task<spool_drain::progress> spool_drain::next_batch() {
  auto rows = co_await from_.read(after_, batch_rows, batch_bytes);
  if (!rows) co_return progress::none; // the spool has complained
  if (rows->empty()) {
    bool stuck = after_ > 0 && from_.now().depth.rows > 0;
    after_ = 0;
    co_return stuck ? progress::none : progress::nothing_there;
  }
  auto last = rows->back().id;
  auto stored = co_await store(std::move(*rows));
  if (!stored) {
    if (stored.error().kind == failure::permanent) after_ = last; // those behind it may fare better
    co_return progress::none;
  }
  after_ = last;
  counts_.spool_drained.add(static_cast<double>(*stored));
  drained_ += *stored;
  if (from_.now().depth.rows == 0) {
    log::info("the spool is drained", {{"events", drained_}});
    drained_ = 0;
    after_ = 0;
  }
  co_return progress::some;
}

// How many are in the database now; an error where none is.
task<result<std::size_t>> spool_drain::store(std::vector<spooled> rows) {
  std::int64_t generation = rows.front().generation; // of them all: they were read at once
  std::vector<webhook> webhooks_of_rows;
  webhooks_of_rows.reserve(rows.size());
  for (auto& row : rows)
    webhooks_of_rows.push_back(to_webhook(std::move(row.raw), std::move(row.account), row.received_at));
  auto receipts = co_await in_.store_all(std::move(webhooks_of_rows));
  std::vector<std::int64_t> done;
  std::optional<error> failed;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (receipts[i])
      done.push_back(rows[i].id);
    else
      failed = receipts[i].error();
  }
  if (done.empty() && failed) co_return *failed;
  auto count = done.size();
  auto removed = co_await from_.remove(generation, std::move(done));
  bool first_failure = !removed && removing_;
  removing_ = removed.has_value();
  if (first_failure) // a later round takes them out, and finds them seen before
    log::warn("webhooks were stored, but are still in the spool", {{"error", to_string(removed.error())}});
  co_return count;
}

} // namespace suivi::receiver
