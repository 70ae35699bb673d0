// Holds the parcels in doubt: those that wait for a read, and those that were read.
#include "reconciler/plan/doubt_queue.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

std::string name_of(const shop::wanted_read& wanted) {
  return wanted.reference.empty() ? wanted.uuid.value_or("") : wanted.reference;
}

} // namespace

std::string doubt_key(const shop::wanted_read& wanted) {
  return wanted.uuid ? "u" + *wanted.uuid : "r" + wanted.reference;
}

// A read that begins then or later settles it.
instant doubt_queue::settled_from(const shop::wanted_read& wanted) const {
  return wanted.not_before + std::min(clock_behind_, clock_wait_max);
}

void doubt_queue::push(shop::wanted_read wanted, bool after_read) {
  std::string key = doubt_key(wanted);
  auto known = reads_.find(key);
  if (known != reads_.end()) {
    bool late_enough = known->second.began >= settled_from(wanted);
    if (late_enough && !after_read) return;
    if (late_enough || known->second.count >= reads_of_one_max) {
      unsettled_.try_emplace(std::move(key), name_of(wanted));
      return;
    }
  }
  auto [waiting, fresh] = waiting_.try_emplace(std::move(key), wanted);
  if (!fresh) waiting->second.not_before = std::max(waiting->second.not_before, wanted.not_before);
}

std::vector<shop::wanted_read> doubt_queue::take_due(instant now, std::size_t reads_max) {
  std::vector<shop::wanted_read> due;
  for (auto it = waiting_.begin(); it != waiting_.end() && due.size() < reads_max;) {
    if (now < settled_from(it->second)) {
      ++it;
      continue;
    }
    reads& one = reads_[it->first];
    one.began = now;
    ++one.count;
    unsettled_.erase(it->first); // this read may settle it
    due.push_back(std::move(it->second));
    it = waiting_.erase(it);
  }
  return due;
}

milliseconds doubt_queue::due_in(instant now, milliseconds limit) const {
  milliseconds first = limit;
  for (const auto& [key, wanted] : waiting_)
    first = std::min(first, std::chrono::ceil<milliseconds>(settled_from(wanted) - now));
  return std::max(first, milliseconds(0));
}

void doubt_queue::clock_behind(milliseconds by) {
  clock_behind_ = std::max(clock_behind_, by);
}

void doubt_queue::read_failed(const shop::wanted_read& wanted) {
  unsettled_.try_emplace(doubt_key(wanted), name_of(wanted));
}

void doubt_queue::close() {
  for (const auto& [key, wanted] : waiting_) unsettled_.try_emplace(key, name_of(wanted));
  waiting_.clear();
}

} // namespace suivi::reconciler
