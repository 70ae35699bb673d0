// Jobs are begun in the order of their times; the events they carry go back to the apply lane with what was
// learnt.
#include "receiver/confirmer.hpp"

#include "common/shop/single_read.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t most_jobs = 10'000;

std::string key_of(const shop::wanted_read& what) {
  return what.account + '\n' + (what.uuid ? "uuid " + *what.uuid : "reference " + what.reference);
}

} // namespace

confirmer::confirmer(asio::any_io_executor executor, database& db, account_book& accounts, applier& events,
                     measures& counts, shop::door_options door)
    : db_(db), accounts_(accounts), events_(events), counts_(counts), door_(door) {
  for (std::size_t i = 0; i < readers; ++i) idle_.push_back(std::make_unique<runtime::wakeup>(executor));
}

void confirmer::ask(shop::wanted_read what, std::optional<work> waiting) {
  auto key = key_of(what);
  auto at = jobs_.find(key);
  if (at == jobs_.end()) {
    if (!waiting && jobs_.size() >= most_jobs) return; // the next sweep reads it anyway
    auto due = steady_clock::now();
    if (!waiting)
      due += std::max(milliseconds(0), std::chrono::ceil<milliseconds>(what.not_before - suivi::now()));
    at = jobs_.emplace(key, job{std::move(what), {}}).first;
    schedule_.emplace(due, key);
  } else if (waiting) {
    schedule_.emplace(steady_clock::now(), key); // earlier than planned; the other entry finds nothing
    at->second.wanted.not_before = std::max(at->second.wanted.not_before, what.not_before);
  }
  if (waiting) at->second.waiting.push_back(std::move(*waiting));
  for (auto& reader : idle_) reader->notify();
}

task<void> confirmer::run_reader(std::size_t number) {
  for (;;) {
    auto now = steady_clock::now();
    if (schedule_.empty() || schedule_.begin()->first > now) {
      auto until = schedule_.empty() ? now + 1s : schedule_.begin()->first;
      co_await idle_[number]->wait_until(until);
      continue;
    }
    auto key = schedule_.begin()->second;
    schedule_.erase(schedule_.begin());
    auto at = jobs_.find(key);
    if (at == jobs_.end()) continue;
    auto j = std::move(at->second);
    jobs_.erase(at);
    co_await read(std::move(j));
  }
}

task<void> confirmer::read(job j) {
  auto courier = accounts_.courier(j.wanted.account);
  if (!courier) {
    auto e = permanent("maystro:no_key", "the account is not known here, or has no key");
    for (auto& event : j.waiting) {
      auto next = after_failed_read(event, e, std::nullopt, chance());
      co_await events_.settle_one(std::move(event), std::move(next));
    }
    co_return;
  }
  auto& connections = db_.connections();
  auto answer = co_await shop::read_and_apply(*courier, connections, j.wanted, shop::source::confirm, door_);
  if (answer.content) {
    counts_.read("answered");
    for (auto& event : j.waiting) {
      event.read_at = answer.how.asked_at;
      event.courier_away = false;
      event.busy_tries = 0;
      events_.take_back(std::move(event));
    }
    co_return;
  }
  auto e = answer.content.error();
  counts_.read(e.code == "maystro:not_found" ? "not_found" : "failed");
  for (auto& event : j.waiting) {
    event.courier_away = true;
    auto next = after_failed_read(event, e, answer.how.retry_after, chance());
    co_await events_.settle_one(std::move(event), std::move(next));
  }
}

} // namespace suivi::receiver
