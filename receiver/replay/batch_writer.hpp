// A batch of replayed events through the one door, their outcomes in the door's own transaction.
//
// Events that were settled before and change nothing are settled by a look, and keep their outcome. The
// others of the inbox are leased before; a batch that fails because of one event is halved until that event
// stands alone; a database that is away is waited for. What was committed although nobody could say so is
// found out by its lease.
#pragma once

#include "common/door/door.hpp"
#include "common/pg/pool.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "receiver/replay/source.hpp"

#include <vector>

namespace suivi::receiver {

struct replay_result {
  enum class kind {
    open,      // not decided yet
    done,      // `outcome`
    locked,    // by the shop: try again; it stays leased for replay_lease_time
    elsewhere, // in another process's hands, or settled by one
  };
  kind state = kind::open;
  std::string outcome;
  std::string reference;
  std::vector<shop::change> changes;
  std::optional<shop::wanted_read> wanted; // in doubt
};

class replay_batch_writer {
 public:
  // `owner`: of the leases, nobody else's.
  replay_batch_writer(pg::pool& connections, shop::door_options door, std::string owner);

  // One result for each event, none of them open. Their accounts are filled in.
  task<result<std::vector<replay_result>>> apply(const std::vector<replay_event>& events);
  // The same without asking the door: notes `end`, made for each event.
  using make_end = disposition (*)(const pending_event& event);
  task<result<std::vector<replay_result>>> record(const std::vector<replay_event>& events, make_end end);

  task<result<pg::pool::lease>> connection();
  // Before another try: waits a little longer each time in a row. Gives the error back where trying again
  // does not help, or has not for half a minute.
  task<result<void>> wait_out(error failed);
  void answered() { failures_ = 0; }
  // The tables may grow a hundredfold under a replay: plans made while they were empty would read them whole
  // for every batch, and autovacuum comes a minute late.
  task<void> renew_statistics();
  [[nodiscard]] std::uint64_t leased() const { return leased_; }
  // What is still leased, for receivers to go on with.
  task<void> give_back();

 private:
  using events = std::vector<replay_event>;
  using results = std::vector<replay_result>;
  struct ending {
    const replay_event* event;
    disposition next;
  };

  [[nodiscard]] bool writes(const replay_event& e) const { return e.event.id != 0 && !door_.dry_run; }
  task<void> probe(const events& all, results& ends);
  task<result<void>> lease(const events& all, results& ends);
  task<result<void>> lease_once(const events& all, results& ends);
  task<result<void>> apply_range(const events& all, pg::range rows, results& ends, pg::batch_parts& todo);
  task<result<void>> apply_once(const events& all, const std::vector<std::size_t>& these, results& ends);
  task<result<void>> find_lost(const events& all, results& ends);
  task<result<void>> write_ends(std::vector<ending> ends);
  void add_ends(pg::pipeline& steps, std::span<const ending> ends) const;
  void conclude(const shop::verdict& v, const disposition& next, replay_result& end) const;

  pg::pool& connections_;
  shop::door_options door_;
  std::string owner_;
  std::uint64_t leased_ = 0; // events, so far
  int failures_ = 0;         // of the database, in a row
  steady_time failing_since_{};
};

} // namespace suivi::receiver
