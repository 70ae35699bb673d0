// Which orders are being written just now, as far as their events tell it. Pure.
//
// Two batches may be applied at once where they are about different orders. This is for the sake of time
// alone: the door's locks and its compare-and-set keep two writers of one order right, but the later of them
// would find it locked. So a name is no more than a hash.
#pragma once

#include "receiver/event/webhook.hpp"

#include <cstddef>
#include <list>
#include <span>
#include <vector>

namespace suivi::receiver {

class orders_at_work {
  using names = std::vector<std::size_t>; // in order
  struct entry {
    names orders;
    steady_time begun;
  };

 public:
  // At work for as long as this lives.
  class batch {
   public:
    batch(orders_at_work& among, entry of)
        : among_(among), here_(among.batches_.insert(among.batches_.end(), std::move(of))) {}
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;
    ~batch() { among_.batches_.erase(here_); }

   private:
    orders_at_work& among_;
    std::list<entry>::iterator here_;
  };

  [[nodiscard]] batch begin(std::span<const pending_event> events, steady_time now);
  [[nodiscard]] bool has_any_of(std::span<const pending_event> events) const;
  [[nodiscard]] std::size_t batches() const { return batches_.size(); }
  // How long the oldest of them has been at work; zero where there is none.
  [[nodiscard]] steady_time::duration longest(steady_time now) const {
    return batches_.empty() ? steady_time::duration(0) : now - batches_.front().begun;
  }

 private:
  std::list<entry> batches_;
};

} // namespace suivi::receiver
