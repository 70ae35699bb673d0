// One schedule for each account; an entry whose job has gone, or was begun earlier, finds nothing.
#include "receiver/queue/read_queue.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t jobs_max = 10'000;
constexpr std::size_t waiting_max = 1'000;

} // namespace

std::string key_of(const shop::wanted_read& wanted) {
  return wanted.uuid ? "uuid " + *wanted.uuid : "reference " + wanted.reference;
}

bool read_queue::is_full() const {
  return waiting_ >= waiting_max;
}

void read_queue::add(shop::wanted_read wanted, std::optional<pending_event> waiting, int round,
                     steady_time now, instant clock) {
  lane& of_account = lanes_[wanted.account];
  std::string key = key_of(wanted);
  auto at = of_account.jobs.find(key);
  if (at == of_account.jobs.end()) {
    if (!waiting && jobs_ >= jobs_max) return; // the next sweep reads it anyway
    steady_time due = now;
    if (!waiting)
      due += std::max(milliseconds(0), std::chrono::ceil<milliseconds>(wanted.not_before - clock));
    at = of_account.jobs.emplace(key, job{std::move(wanted), {}, round}).first;
    of_account.schedule.emplace(due, key);
    ++jobs_;
  } else if (waiting) {
    of_account.schedule.emplace(now, key); // earlier than planned; the other entry finds nothing
    at->second.wanted.not_before = std::max(at->second.wanted.not_before, wanted.not_before);
  }
  if (waiting) {
    at->second.waiting.push_back(std::move(*waiting));
    ++waiting_;
  }
}

// Begins with the account after the one that was served last.
std::optional<read_queue::job> read_queue::next(steady_time now, const opening& opens_at,
                                                steady_time& next_due) {
  next_due = now + 1s;
  auto at = lanes_.upper_bound(last_served_);
  for (std::size_t left = lanes_.size(); left > 0; --left) {
    if (at == lanes_.end()) at = lanes_.begin();
    auto& [account, lane] = *at;
    while (!lane.schedule.empty() && !lane.jobs.contains(lane.schedule.begin()->second))
      lane.schedule.erase(lane.schedule.begin());
    if (lane.schedule.empty()) {
      at = lanes_.erase(at);
      continue;
    }
    steady_time due = std::max(lane.schedule.begin()->first, opens_at(account));
    if (due <= now) {
      auto found = lane.jobs.extract(lane.schedule.begin()->second);
      lane.schedule.erase(lane.schedule.begin());
      last_served_ = account;
      --jobs_;
      waiting_ -= found.mapped().waiting.size();
      return std::move(found.mapped());
    }
    next_due = std::min(next_due, due);
    ++at;
  }
  return std::nullopt;
}

std::vector<pending_event> read_queue::take_waiting(const std::string& account) {
  std::vector<pending_event> events;
  auto at = lanes_.find(account);
  if (at == lanes_.end()) return events;
  std::map<std::string, job>& jobs = at->second.jobs;
  for (auto one = jobs.begin(); one != jobs.end();) {
    std::vector<pending_event>& waiting = one->second.waiting;
    if (waiting.empty()) { // it comes when it may
      ++one;
      continue;
    }
    std::move(waiting.begin(), waiting.end(), std::back_inserter(events));
    waiting_ -= waiting.size();
    --jobs_;
    one = jobs.erase(one);
  }
  return events;
}

} // namespace suivi::receiver
