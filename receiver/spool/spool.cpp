// One mutex, held for moments: the loop puts jobs in, the thread takes all there are. Answers come back as
// handlers posted to the loop; timers and standing are touched there only.
#include "receiver/spool/spool.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace suivi::receiver {

using std::chrono::steady_clock;

namespace {

constexpr std::size_t batch_rows_max = 1'000;
constexpr std::size_t batch_bytes_max = 4 << 20; // a moment for a slow disk too

template <class T>
struct waiter {
  explicit waiter(const asio::any_io_executor& executor) : done(executor) {}
  asio::steady_timer done; // canceled when the answer is there
  std::optional<result<T>> answer;
};

error too_slow() {
  return transient("spool:slow", "the spool's disk did not answer in time");
}

struct row_to_keep {
  spooled row;
  std::shared_ptr<waiter<void>> owner;
};

} // namespace

struct spool::inside : std::enable_shared_from_this<spool::inside> {
  inside(asio::any_io_executor on, options with)
      : executor(std::move(on)), limits(std::move(with)), file(limits.folder, limits.bytes_max) {}

  using job = std::function<void()>; // runs on the thread

  void run();
  void keep_rows(std::deque<row_to_keep> rows);
  // What an operation says of the spool besides its own answer.
  struct outcome {
    std::optional<error> failed;
    bool writable = false; // proves that webhooks can be kept; others can only prove the contrary
    std::optional<bool> full;
  };
  void report_outcome(outcome learned, std::function<void()> then);
  void note(const outcome& learned, const result<spool_depth>& depth);
  [[nodiscard]] steady_time look_again_at(milliseconds one_thing) const;
  template <class T>
  task<result<T>> answer_of(std::shared_ptr<waiter<T>> mine, steady_time until);
  template <class T, class Operation>
  task<result<T>> ask(Operation operation, outcome if_well);

  asio::any_io_executor executor;
  options limits;
  spool_file file; // the thread's

  std::mutex guard;
  std::condition_variable news;
  std::deque<row_to_keep> rows;
  std::deque<job> jobs;
  bool ending = false;
  std::atomic<steady_time> busy_since = steady_time::max();

  std::size_t queued_rows = 0; // the loop's, like all below
  std::size_t queued_bytes = 0;
  spool_status known;
  bool logged = false;
  bool hangs = false; // somebody waited in vain for what the thread has not come back from yet
  std::thread thread;
};

void spool::inside::run() {
  for (;;) {
    std::deque<job> todo;
    std::deque<row_to_keep> together;
    {
      std::unique_lock lock(guard);
      news.wait(lock, [this] { return ending || !rows.empty() || !jobs.empty(); });
      todo.swap(jobs);
      std::size_t bytes = 0;
      while (!rows.empty() && together.size() < batch_rows_max && bytes < batch_bytes_max) {
        bytes += rows.front().row.raw.size();
        together.push_back(std::move(rows.front()));
        rows.pop_front();
      }
      if (ending && todo.empty() && together.empty()) return;
    }
    for (auto& one : todo) {
      busy_since = steady_clock::now();
      one();
    }
    busy_since = steady_clock::now();
    if (!together.empty()) keep_rows(std::move(together));
    busy_since = steady_time::max();
  }
}

void spool::inside::keep_rows(std::deque<row_to_keep> together) {
  std::vector<spooled> batch;
  std::vector<std::shared_ptr<waiter<void>>> waiting;
  std::size_t bytes = 0;
  for (auto& one : together) {
    bytes += one.row.raw.size();
    batch.push_back(std::move(one.row));
    waiting.push_back(std::move(one.owner));
  }
  auto kept = file.append(batch);
  outcome learned;
  learned.writable = true;
  if (kept)
    learned.full = std::find(kept->begin(), kept->end(), false) != kept->end();
  else
    learned.failed = kept.error();
  report_outcome(std::move(learned), [this, kept, bytes, waiting = std::move(waiting)] {
    queued_rows -= waiting.size();
    queued_bytes -= bytes;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      auto& answer = waiting[i]->answer;
      if (!kept)
        answer = kept.error();
      else if ((*kept)[i])
        answer = result<void>();
      else
        answer = transient("spool:full", "the spool is full");
      waiting[i]->done.cancel();
    }
  });
}

// From the thread to the loop. What is in the spool is told whatever failed: on a disk without room it can
// still be emptied.
void spool::inside::report_outcome(outcome learned, std::function<void()> then) {
  auto depth = file.depth();
  if (!depth && !learned.failed) learned.failed = depth.error();
  asio::post(executor, [self = shared_from_this(), learned = std::move(learned), depth = std::move(depth),
                        then = std::move(then)] {
    self->hangs = false;
    self->note(learned, depth);
    then();
  });
}

void spool::inside::note(const outcome& learned, const result<spool_depth>& depth) {
  if (depth) known.depth = *depth;
  if (learned.full) {
    if (*learned.full && !known.full)
      log::error("the spool is full, webhooks are refused", {{"bytes", known.depth.bytes}});
    known.full = *learned.full;
  }
  if (learned.failed && is_busy(*learned.failed)) return;
  if (learned.failed) {
    if (!std::exchange(logged, true))
      log::error("the spool cannot be used",
                 {{"folder", limits.folder}, {"error", to_string(*learned.failed)}});
    known.usable = false;
  } else if (learned.writable) {
    if (std::exchange(logged, false)) log::info("the spool can be used again");
    known.usable = true;
  }
}

steady_time spool::inside::look_again_at(milliseconds one_thing) const {
  auto now = steady_clock::now();
  steady_time since = busy_since;
  return since == steady_time::max() ? now + one_thing : std::max(now, since + one_thing);
}

// Not for longer than the disk may take for one thing: who sends webhooks does not wait for that either.
template <class T>
task<result<T>> spool::inside::answer_of(std::shared_ptr<waiter<T>> mine, steady_time until) {
  const milliseconds one_thing = limits.patience / 2;
  for (;;) {
    boost::system::error_code ended;
    mine->done.expires_at(std::min(until, look_again_at(one_thing)));
    co_await mine->done.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (mine->answer) co_return std::move(*mine->answer);
    steady_time since = busy_since;
    bool at_one_thing = since != steady_time::max() && steady_clock::now() - since >= one_thing;
    if (at_one_thing) note({too_slow(), false, std::nullopt}, too_slow());
    hangs = hangs || at_one_thing;
    if (at_one_thing || steady_clock::now() >= until) co_return too_slow();
  }
}

template <class T, class Operation>
task<result<T>> spool::inside::ask(Operation operation, outcome if_well) {
  auto until = steady_clock::now() + limits.patience;
  auto mine = std::make_shared<waiter<T>>(executor);
  // Moved along, so that the last owner of the waiter's timer is the loop.
  auto body = [this, mine, operation = std::move(operation), if_well]() mutable {
    auto answer = operation(file);
    outcome learned = if_well;
    if (!answer) learned = {answer.error(), false, std::nullopt};
    auto carried = std::make_shared<result<T>>(std::move(answer));
    report_outcome(std::move(learned), [mine = std::move(mine), carried = std::move(carried)] {
      mine->answer = std::move(*carried);
      mine->done.cancel();
    });
  };
  {
    std::lock_guard lock(guard);
    jobs.emplace_back(std::move(body));
  }
  news.notify_one();
  auto answer = co_await answer_of(std::move(mine), until);
  co_return answer;
}

spool::spool(asio::any_io_executor executor, options with)
    : inside_(std::make_shared<inside>(std::move(executor), std::move(with))) {
  inside_->thread = std::thread([in = inside_.get()] { in->run(); });
}

spool::~spool() {
  {
    std::lock_guard lock(inside_->guard);
    inside_->ending = true;
  }
  inside_->news.notify_one();
  inside_->thread.join();
}

task<result<void>> spool::append(spooled row, std::optional<steady_time> until) {
  auto in = inside_;
  auto bytes = row.raw.size();
  if (in->queued_rows >= in->limits.queued_rows || in->queued_bytes + bytes > in->limits.queued_bytes)
    co_return transient("spool:queue", "too many webhooks wait for the spool's disk");
  if (in->hangs) co_return too_slow();
  auto give_up = until.value_or(steady_clock::now() + in->limits.patience);
  auto mine = std::make_shared<waiter<void>>(in->executor);
  in->queued_rows += 1;
  in->queued_bytes += bytes;
  {
    std::lock_guard lock(in->guard);
    in->rows.push_back({std::move(row), mine});
  }
  in->news.notify_one();
  auto answer = co_await in->answer_of(std::move(mine), give_up);
  co_return answer;
}

task<result<std::vector<spooled>>> spool::read(std::int64_t after, std::size_t rows, std::uint64_t bytes) {
  inside::outcome nothing_learned;
  auto operation = [=](spool_file& file) { return file.read(after, rows, bytes); };
  auto answer = co_await inside_->ask<std::vector<spooled>>(operation, nothing_learned);
  co_return answer;
}

task<result<void>> spool::remove(std::int64_t generation, std::vector<std::int64_t> ids) {
  inside::outcome emptied;
  emptied.full = false;
  auto operation = [generation, ids = std::move(ids)](spool_file& file) {
    return file.remove(generation, ids);
  };
  auto answer = co_await inside_->ask<void>(std::move(operation), emptied);
  co_return answer;
}

task<result<void>> spool::probe() {
  auto operation = [](spool_file& file) -> result<void> {
    auto depth = file.depth();
    if (!depth) return depth.error();
    return file.check_disk();
  };
  inside::outcome writable;
  writable.writable = true;
  auto answer = co_await inside_->ask<void>(operation, writable);
  co_return answer;
}

const spool::spool_status& spool::now() const {
  return inside_->known;
}

} // namespace suivi::receiver
