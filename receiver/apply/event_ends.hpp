// What becomes of events once the door, or the courier, has spoken: closed, put back, asked for, left to the
// database. Whoever applies events, in whichever lane, ends them here.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "receiver/queue/apply_queue.hpp"
#include "receiver/services/database_monitor.hpp"
#include "receiver/services/receiver_metrics.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace suivi::receiver {

struct refusal_to_ask {
  milliseconds wait{0};
  std::string why;
};

class event_ends {
 public:
  // Somebody who asks the courier for `wanted` and then gives the event back, or settles it, if there is one.
  using ask_courier = std::function<void(shop::wanted_read wanted, std::optional<pending_event> waiting)>;
  // … unless that account's courier may not be asked for a while: then the event waits in the database.
  using refuse_to_ask = std::function<std::optional<refusal_to_ask>(const std::string& account)>;

  // `woken`: whoever waits for what is put back.
  event_ends(database_monitor& db, receiver_metrics& counts, apply_queue& queue, runtime::wakeup& woken,
             const std::string& owner)
      : db_(db), counts_(counts), queue_(queue), woken_(woken), owner_(owner) {}

  void on_wanted_read(ask_courier ask, refuse_to_ask refuse) {
    ask_ = std::move(ask);
    refuse_ = std::move(refuse);
  }

  // What memory and the courier have no room for waits in the database.
  [[nodiscard]] disposition next_step(const pending_event& event, const shop::verdict& v) const;
  // … of which the database knows already.
  void carry_out(const pending_event& event, const disposition& next);
  // Notes it in the database, and forgets the event here.
  task<void> settle_one(pending_event event, disposition next);
  void put(pending_event event, steady_time due);

 private:
  void note_closed(const pending_event& event, const disposition& next);

  database_monitor& db_;
  receiver_metrics& counts_;
  apply_queue& queue_;
  runtime::wakeup& woken_;
  const std::string& owner_;
  ask_courier ask_;
  refuse_to_ask refuse_;
};

} // namespace suivi::receiver
