// What the apply lane holds in memory, and which of it is next. Pure.
//
// Ranges that were just stored, and events that have a row of suivi.pending each, take turns: neither a flood
// of webhooks nor many events that were put off hold up the others.
#pragma once

#include "receiver/event/webhook.hpp"
#include "receiver/queue/range_queue.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace suivi::receiver {

class apply_queue {
 public:
  // Those already in hand are ignored.
  void enqueue(std::vector<pending_event> events, steady_time now);
  void enqueue_range(event_range range, std::vector<pending_event> events, steady_time now);
  // One that is in hand, again.
  void put(pending_event event, steady_time due);
  void put_back(range_batch batch, steady_time due) { ranges_.put_back(std::move(batch), due); }

  // Events in ranges that could be taken.
  [[nodiscard]] std::size_t due_in_ranges(steady_time now) const;
  // Ranges are next, not events.
  [[nodiscard]] bool ranges_are_next(steady_time now) const;
  [[nodiscard]] range_batch take_ranges(steady_time now, std::size_t rows_max,
                                        const orders_at_work& at_work = {});
  [[nodiscard]] std::vector<pending_event> take_events(steady_time now, std::size_t rows_max);

  // In nobody's hands, or closed: it is forgotten here. One that is being dealt with, or waits for the
  // courier, is in hand, too.
  void erase(std::int64_t id) { held_.erase(id); }
  // It may still wait here; the range it is of, if any, has been opened.
  void drop(std::int64_t id, steady_time now);

  [[nodiscard]] std::size_t in_flight() const { return held_.size(); }
  [[nodiscard]] std::size_t free_capacity() const;
  // More than so many events are due, here and `elsewhere`.
  [[nodiscard]] bool are_due(std::size_t more_than, steady_time now, std::size_t elsewhere) const;
  // So many wait for a lock that the others need the room.
  [[nodiscard]] bool has_many_locked() const;
  [[nodiscard]] std::size_t waiting() const { return events_.size() + ranges_.rows(); }
  // When something is due; no later than `latest`.
  [[nodiscard]] steady_time due_at(steady_time latest) const;
  [[nodiscard]] std::vector<std::int64_t> range_names() const { return ranges_.names(); }

 private:
  range_queue ranges_;
  std::multimap<steady_time, pending_event> events_;
  std::set<std::int64_t> held_;
  std::size_t locked_ = 0; // in events_: their order was locked
  bool took_ranges_ = false;
};

} // namespace suivi::receiver
