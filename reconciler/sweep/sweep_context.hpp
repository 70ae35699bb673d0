// What the parts of one account's sweep share: its account and options, the courier, the queue of rows, the
// requests in flight, and whether it ends early.
#pragma once

#include "common/http/client/client.hpp"
#include "common/pg/pool.hpp"
#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/shop/accounts.hpp"
#include "reconciler/pace/paced_courier.hpp"
#include "reconciler/store/sweep_record.hpp"
#include "reconciler/sweep/options.hpp"
#include "reconciler/sweep/row_queue.hpp"
#include "reconciler/sweep/tally.hpp"

#include <optional>
#include <string>

namespace suivi::reconciler {

struct sweep_context {
  sweep_context(asio::any_io_executor executor, pg::pool& pool, http::client& client, shop::account of,
                sweep_options with, std::optional<lease> term);
  sweep_context(const sweep_context&) = delete;
  sweep_context& operator=(const sweep_context&) = delete;

  pg::pool& database;
  shop::account account;
  sweep_options options;
  std::optional<lease> held;         // none in a dry run
  std::optional<std::int64_t> id;    // of its row in suivi.sweep
  std::optional<std::int64_t> again; // see begun_sweep
  paced_courier courier;
  tally counted;
  runtime::wakeup wake; // an answer came, a slice is done, the sweep is to end
  runtime::task_group fetchers;
  row_queue rows;
  std::size_t in_flight = 0; // pages and single reads being asked for
  bool stopping = false;
  std::string stop_reason; // set with it
  bool lease_lost = false;

  [[nodiscard]] bool ending_early() const;
  // True once another request may be under way, false if the sweep ends early.
  task<bool> wait_for_slot();
  void request_ended();
  // Until the row queue is empty, or nothing more can be had of it.
  task<void> drain();
};

} // namespace suivi::reconciler
