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

 public:
  // At work for as long as this lives.
  class batch {
   public:
    batch(orders_at_work& among, names of)
        : among_(among), here_(among.batches_.insert(among.batches_.end(), std::move(of))) {}
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;
    ~batch() { among_.batches_.erase(here_); }

   private:
    orders_at_work& among_;
    std::list<names>::iterator here_;
  };

  [[nodiscard]] batch begin(std::span<const pending_event> events);
  [[nodiscard]] bool has_any_of(std::span<const pending_event> events) const;
  [[nodiscard]] std::size_t batches() const { return batches_.size(); }

 private:
  std::list<names> batches_;
};

} // namespace suivi::receiver
