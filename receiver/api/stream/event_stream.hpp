// What happens, as it happens: server-sent events `change`, `event`, `sweep`, `overview` and `problem`, for
// any number of readers from one look at the database a moment.
//
// A journal this is not: nothing is looked at while nobody reads, and who reads too slowly is told so
// (`dropped`) and cut off, so that nothing is kept without end. Where more happens than can be told, or than
// a reader wants in a second, it hears `skipped`, with the number, once a second at most. An `event` is told
// when it is stored and whenever its outcome changes, a `sweep` when it begins, moves on, ends.
#pragma once

#include "common/http/server/body_stream.hpp"
#include "common/pg/pool.hpp"
#include "common/runtime/wakeup.hpp"
#include "receiver/api/events/event_queries.hpp"
#include "receiver/api/overview/overview_board.hpp"
#include "receiver/api/stream/sequence_cursor.hpp"
#include "receiver/api/stream/stream_wish.hpp"
#include "receiver/services/account_registry.hpp"
#include "receiver/services/database_monitor.hpp"

#include <boost/json/object.hpp>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace suivi::receiver {

class stream {
 public:
  struct limits {
    std::size_t readers = 100;
    std::size_t messages_waiting = 10'000; // for each reader; readers share the messages
    std::size_t bytes_waiting = 4 * 1024 * 1024;
    milliseconds poll_every{500};
    milliseconds heartbeat{15'000}; // so that proxies keep the connection
  };

  stream(asio::any_io_executor executor, database_monitor& db, const account_registry& accounts,
         pg::pool& connections, overview_board& board, limits within);

  // Looks at the database while somebody reads; ends by cancellation only.
  task<void> run();
  // What happens from now on, until the session that asks ends, where one does; transient "stream:full"
  // where too many read, "stream:away" where the database cannot be asked.
  task<result<http::body_producer>> subscribe(stream_wish wish, std::optional<instant> until);
  // Of all who read now: the token they came with is no longer in force.
  void end_all();

 private:
  struct reader {
    reader(asio::any_io_executor executor, stream_wish wanted, std::optional<instant> session_until)
        : woken(std::move(executor)), wish(std::move(wanted)), pace(wish.messages_per_second),
          until(session_until) {}
    [[nodiscard]] bool has_ended() const { return ended || (until && now() >= *until); }
    runtime::wakeup woken;
    std::deque<std::shared_ptr<const std::string>> waiting;
    std::size_t bytes = 0;
    bool dropped = false;
    bool ended = false;
    stream_wish wish;
    message_pace pace;
    std::optional<instant> until;
  };

  static task<void> serve(std::shared_ptr<reader> to, http::body_sink& sink, limits within);
  void publish(stream_topic topic, const boost::json::object& data);
  // True: there is more to be read at once.
  task<result<bool>> poll();
  task<result<void>> begin(pg::connection& db);
  task<result<bool>> poll_changes(pg::connection& db);
  task<result<bool>> poll_events(pg::connection& db);
  task<result<void>> poll_sweeps(pg::connection& db, bool quietly);
  task<void> publish_overview();
  [[nodiscard]] bool somebody_wants(stream_topic topic) const;
  bool skip(number_marks& marks, std::int64_t last, stream_topic topic);
  void note_event(const event_name& name, const event_summary& e, bool quietly);

  asio::any_io_executor executor_;
  database_monitor& db_;
  const account_registry& accounts_;
  pg::pool& connections_;
  overview_board& board_;
  limits limits_;
  runtime::wakeup somebody_;
  std::list<reader*> readers_;
  bool begun_ = false; // the marks are set
  number_marks changes_;
  number_marks events_;
  struct unsettled {
    event_name name;
    std::string outcome; // the outcome
  };
  std::map<std::int64_t, unsettled> unsettled_;
  std::map<std::string, std::string> sweeps_; // id → report told last
  steady_time overview_at_{};
  std::string overview_, problems_; // as told last; empty: not looked at yet
};

} // namespace suivi::receiver
