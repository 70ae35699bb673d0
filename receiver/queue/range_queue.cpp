// A queue, first come, first served. Only its front is ever put off.
#include "receiver/queue/range_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace suivi::receiver {

half_batches halves_of(range_batch batch) {
  half_batches halves;
  auto middle = batch.ranges.begin() + static_cast<std::ptrdiff_t>((batch.ranges.size() + 1) / 2);
  std::size_t events = 0;
  for (auto range = batch.ranges.begin(); range != middle; ++range) events += range->events;
  auto rest = batch.events.begin() + static_cast<std::ptrdiff_t>(events);
  halves.back.ranges.assign(std::make_move_iterator(middle), std::make_move_iterator(batch.ranges.end()));
  halves.back.events.assign(std::make_move_iterator(rest), std::make_move_iterator(batch.events.end()));
  batch.ranges.erase(middle, batch.ranges.end());
  batch.events.erase(rest, batch.events.end());
  halves.front = std::move(batch);
  return halves;
}

void range_queue::push(event_range range, std::vector<pending_event> events, steady_time now) {
  if (ranges_.empty()) due_at_ = now;
  rows_ += events.size();
  ranges_.push_back({std::move(range), std::move(events)});
}

void range_queue::put_back(range_batch batch, steady_time due) {
  due_at_ = due;
  rows_ += batch.events.size();
  std::size_t end = batch.events.size();
  for (auto range = batch.ranges.rbegin(); range != batch.ranges.rend(); ++range) {
    std::size_t begin = end - range->events;
    std::vector<pending_event> events(
        std::make_move_iterator(batch.events.begin() + static_cast<std::ptrdiff_t>(begin)),
        std::make_move_iterator(batch.events.begin() + static_cast<std::ptrdiff_t>(end)));
    ranges_.push_front({std::move(*range), std::move(events)});
    end = begin;
  }
}

void range_queue::move_front_to(range_batch& batch) {
  waiting& front = ranges_.front();
  rows_ -= front.events.size();
  batch.ranges.push_back(std::move(front.range));
  if (batch.events.empty())
    batch.events = std::move(front.events);
  else
    std::move(front.events.begin(), front.events.end(), std::back_inserter(batch.events));
  ranges_.pop_front();
}

range_batch range_queue::take(steady_time now, std::size_t rows_max, const orders_at_work& at_work) {
  range_batch batch;
  if (now < due_at_) return batch;
  auto has_room = [&](const waiting& next) {
    return batch.events.empty() || batch.events.size() + next.events.size() <= rows_max;
  };
  while (!ranges_.empty() && has_room(ranges_.front()) && !at_work.has_any_of(ranges_.front().events))
    move_front_to(batch);
  return batch;
}

std::optional<range_batch> range_queue::take_range_of(std::int64_t event_id) {
  auto has_it = [event_id](const waiting& each) {
    return std::ranges::any_of(each.events, [&](const pending_event& e) { return e.id == event_id; });
  };
  auto found = std::ranges::find_if(ranges_, has_it);
  if (found == ranges_.end()) return std::nullopt;
  range_batch alone;
  rows_ -= found->events.size();
  alone.ranges.push_back(std::move(found->range));
  alone.events = std::move(found->events);
  ranges_.erase(found);
  return alone;
}

std::vector<std::int64_t> range_queue::names() const {
  std::vector<std::int64_t> names;
  for (const waiting& each : ranges_) names.push_back(each.range.first);
  return names;
}

} // namespace suivi::receiver
