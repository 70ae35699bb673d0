// Events that were stored together and are still to be applied, in memory: range after range, in the order in
// which they were stored. Pure.
//
// A range is settled as a whole, so it goes into one batch; several that wait go together.
#pragma once

#include "receiver/event/webhook.hpp"
#include "receiver/queue/orders_at_work.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace suivi::receiver {

struct range_batch {
  std::vector<event_range> ranges;
  std::vector<pending_event> events; // of the first range, then of the second, …
};

// Of several ranges, which stay whole.
struct half_batches {
  range_batch front;
  range_batch back;
};
[[nodiscard]] half_batches halves_of(range_batch batch);

class range_queue {
 public:
  // `range.events` of them, at least one.
  void push(event_range range, std::vector<pending_event> events, steady_time now);
  // What could not be dealt with now, in front of all others and not before `due`.
  void put_back(range_batch batch, steady_time due);
  // As many ranges as `rows_max` has room for, at least one; none before their time, and none that is about
  // orders that are at work, nor one behind it.
  [[nodiscard]] range_batch take(steady_time now, std::size_t rows_max, const orders_at_work& at_work);
  // The range of that event, if it waits here.
  [[nodiscard]] std::optional<range_batch> take_range_of(std::int64_t event_id);

  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  // When take() gives something, if anything waits.
  [[nodiscard]] steady_time due_at() const { return due_at_; }
  [[nodiscard]] std::vector<std::int64_t> names() const;

 private:
  struct waiting {
    event_range range;
    std::vector<pending_event> events;
  };
  void move_front_to(range_batch& batch);

  std::deque<waiting> ranges_;
  std::size_t rows_ = 0;
  steady_time due_at_{};
};

} // namespace suivi::receiver
