// Keeps the bounds of the queue, and lets ranges and single events take turns.
#include "receiver/queue/apply_queue.hpp"

#include "receiver/queue/event_batch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace suivi::receiver {
namespace {

constexpr std::size_t held_max = 5'000;
constexpr std::size_t locked_max = 500; // so that many locked orders leave room for the others

} // namespace

void apply_queue::enqueue(std::vector<pending_event> events, steady_time now) {
  for (pending_event& event : events)
    if (held_.insert(event.id).second) put(std::move(event), now);
}

void apply_queue::enqueue_range(event_range range, std::vector<pending_event> events, steady_time now) {
  for (const pending_event& event : events) held_.insert(event.id);
  ranges_.push(std::move(range), std::move(events), now);
}

void apply_queue::put(pending_event event, steady_time due) {
  held_.insert(event.id);
  if (event.busy_tries > 0) ++locked_;
  events_.emplace(due, std::move(event));
}

std::size_t apply_queue::due_in_ranges(steady_time now) const {
  return !ranges_.empty() && ranges_.due_at() <= now ? ranges_.rows() : 0;
}

bool apply_queue::ranges_are_next(steady_time now) const {
  bool events_are_due = !events_.empty() && events_.begin()->first <= now;
  return due_in_ranges(now) > 0 && (!events_are_due || !took_ranges_);
}

range_batch apply_queue::take_ranges(steady_time now, std::size_t rows_max, const orders_at_work& at_work) {
  took_ranges_ = true;
  return ranges_.take(now, rows_max, at_work);
}

std::vector<pending_event> apply_queue::take_events(steady_time now, std::size_t rows_max) {
  took_ranges_ = false;
  std::vector<pending_event> events = take_batch(events_, now, rows_max);
  for (const pending_event& event : events)
    if (event.busy_tries > 0) --locked_;
  return events;
}

void apply_queue::drop(std::int64_t id, steady_time now) {
  std::optional<range_batch> opened = ranges_.take_range_of(id);
  if (opened)
    for (pending_event& event : opened->events) put(std::move(event), now);
  auto is_it = [id](const auto& each) { return each.second.id == id; };
  auto found = std::ranges::find_if(events_, is_it);
  if (found != events_.end()) {
    if (found->second.busy_tries > 0) --locked_;
    events_.erase(found);
  }
  held_.erase(id);
}

std::size_t apply_queue::free_capacity() const {
  return held_.size() >= held_max ? 0 : held_max - held_.size();
}

bool apply_queue::are_due(std::size_t more_than, steady_time now, std::size_t elsewhere) const {
  std::size_t due = ranges_.rows() + elsewhere;
  for (auto next = events_.begin(); due <= more_than && next != events_.end() && next->first <= now; ++next)
    ++due;
  return due > more_than;
}

bool apply_queue::has_many_locked() const {
  return locked_ >= locked_max;
}

steady_time apply_queue::due_at(steady_time latest) const {
  if (!events_.empty()) latest = std::min(latest, events_.begin()->first);
  if (!ranges_.empty()) latest = std::min(latest, ranges_.due_at());
  return latest;
}

} // namespace suivi::receiver
