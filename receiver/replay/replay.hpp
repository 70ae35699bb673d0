// Events once more through the door, exactly as the apply lane brings them there: decoded anew, observed as
// of the time of their publishing or receipt, outcomes recorded in the door's own transaction.
//
// May run beside receivers and other replays: an event of the inbox is leased first (suivi.pending), and what
// another process has in hand is left to it and counted as it came out. Running it again changes nothing. An
// order that the shop has locked is tried again for a while, then its event counts as failed (a receiver
// goes on trying). What is in doubt is `confirming`, and a receiver asks the courier; for an event that has
// no place in the inbox the courier is asked at once. A dry run decides and writes nothing at all: it sees
// every batch of events as if none had gone before.
//
// Memory does not grow with the number of events.
#pragma once

#include "receiver/replay/batch_writer.hpp"
#include "receiver/replay/report.hpp"
#include "receiver/services/account_registry.hpp"

namespace suivi::receiver {

struct replay_options {
  shop::door_options door;       // its dry_run is the replay's
  double events_per_second = 0;  // at most; 0 = no limit
  std::string owner;             // of its leases: nobody else's
  milliseconds patience{10'000}; // with locked orders, and with other processes; below replay_lease_time
};

class replay {
 public:
  replay(pg::pool& connections, account_registry& accounts, replay_options how);

  // Until the source is at its end. On an error, what is held is given back; what was done stays done.
  task<result<void>> run(replay_source& from);
  // Ends after the batch under way.
  void stop() { stopping_ = true; }
  [[nodiscard]] bool stopped() const { return stopping_; }
  [[nodiscard]] const replay_report& report() const { return report_; }

 private:
  using batch = std::vector<replay_event>;

  struct locked_out {
    replay_event event;
    steady_time give_up;
  };
  struct elsewhere {
    std::int64_t id;
    steady_time give_up;
  };
  struct doubtful {
    replay_event event;
    shop::wanted_read wanted;
  };

  task<result<batch>> next_page(replay_source& from);
  task<result<void>> unpack(batch& events);
  task<result<std::vector<receipt>>> unpack_one(whole_delivery whole);
  task<result<void>> take_on(batch events);
  task<result<void>> apply(batch events, steady_time give_up);
  task<result<void>> record(batch events, replay_batch_writer::make_end end);
  void note(replay_event&& event, replay_result&& end, steady_time give_up);
  task<result<void>> poll();
  task<result<void>> poll_other_holders();
  task<result<batch>> read_elsewhere(std::vector<std::int64_t> ids);
  task<result<void>> settle_doubt();
  task<bool> ask_courier(const shop::wanted_read& wanted, std::string& instead);
  task<void> keep_pace(steady_time begun);

  pg::pool& connections_;
  account_registry& accounts_;
  replay_options how_;
  replay_batch_writer door_;
  replay_report report_;
  std::vector<locked_out> locked_;
  std::vector<elsewhere> elsewhere_;
  std::vector<doubtful> doubtful_;
  bool settling_ = false;    // doubt: the courier has been asked about what is applied now
  int courier_failures_ = 0; // in a row
  std::uint64_t statistics_due_ = shop::observations_per_call_max; // at so many events
  steady_time polled_at_{};
  bool stopping_ = false;
};

} // namespace suivi::receiver
