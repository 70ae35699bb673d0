// Whether webhooks go to the database or to the spool at once, by how storing them went lately. Pure.
//
// It opens when a webhook waited in vain for its COMMIT, or no connection could be had, though the database
// answers other questions: a table that is locked, a limit of connections, a trigger that takes too long. It
// closes when something was stored in good time again: the spool's drain tries without a courier who waits,
// and where the spool is empty a webhook is let through once a second. Where nobody has failed for a minute
// it closes too.
#pragma once

#include "common/base/time.hpp"

namespace suivi::receiver {

class store_breaker {
 public:
  // True if it was closed before.
  bool note_failed(steady_time now);
  // True if this closes it.
  bool note_stored(milliseconds took);
  [[nodiscard]] bool is_open() const { return open_; }
  // Whether a webhook may be the one that tries, when the spool has none to do it.
  bool may_try(steady_time now);
  // True if this closes it.
  bool expire(steady_time now);

 private:
  bool open_ = false;
  steady_time failed_at_{};
  steady_time tried_at_{};
};

} // namespace suivi::receiver
