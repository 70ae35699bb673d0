// When the next batch of webhooks is begun. Pure: the state is an argument, the moment the answer.
//
// A transaction costs as much as some twenty webhooks in it. So a webhook that comes alone is stored at once,
// and what comes while a batch is under way gathers to be the next one. Senders that were answered together
// send again together: the first of them waits a moment for the others. A batch is begun beside another only
// where it is worth a transaction of its own, or where its oldest webhook has waited for long: the one under
// way is held up by a slow disk or a lock, and nobody shall wait for that.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>

namespace suivi::receiver {

struct batch_queue {
  std::size_t lanes_at_work = 0;     // with a batch each
  std::size_t rows = 0;              // of the batch that is next, at least one
  steady_time opened_at{};           // when the first of them came
  steady_time last_begun{};          // when a lane last went to work, or will
  steady_time last_ended{};          // when a batch was last answered
  std::size_t last_rows = 0;         // that one's
  bool apply_is_behind = false;      // then more lanes would only make more wait to be applied
  std::size_t beside_another_rows{}; // worth a transaction of its own
};

constexpr milliseconds beside_slow_batch{20};
constexpr milliseconds gathering{1};
constexpr std::size_t gathered_rows_min = 8; // fewer are answered sooner one by one

// In the past, or now: at once. Another webhook, or the end of a batch, may bring it nearer.
[[nodiscard]] steady_time begin_batch_at(const batch_queue& queue);

} // namespace suivi::receiver
