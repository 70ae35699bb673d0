// Inside of a connection: libpq's handle, the watch on its socket, and the two-way pump between them.
//
// Promises: never blocks; sends and reads at the same time, so that neither side can wait for the other for
// ever; a session whose call was left half-way (deadline, cancellation, exception, loss) is closed and never
// used again.
#pragma once

#include "common/base/error.hpp"
#include "common/pg/socket_watch.hpp"
#include "common/pg/url/url.hpp"

#include <libpq-fe.h>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace suivi::pg {

struct free_answer {
  void operator()(PGresult* r) const { PQclear(r); }
};
using answer = std::unique_ptr<PGresult, free_answer>;

class session;

// Sessions that are lost together, when their server is.
class session_group {
 public:
  // Their sockets are shut down: whoever waits for an answer is told at once that the connection is lost, and
  // none is used again. Also those that are being opened.
  void abandon();

 private:
  friend class session;
  std::set<session*> sessions_;
};

class session {
 public:
  // `among`: may be null.
  session(asio::any_io_executor executor, milliseconds limit, std::shared_ptr<session_group> among = nullptr);
  ~session();

  // Opens toward one host. Error: transient, "pg:refused".
  using settings = std::vector<std::pair<std::string, std::string>>;
  task<result<void>> open(settings of_host, steady_time deadline);
  // Releases the socket from Asio, then closes. The server rolls back what was open. May be repeated.
  void close();

  enum class progress { ready, lost, late };
  // Until PQgetResult answers without waiting. After `lost`, what the server said before has been read.
  task<progress> until_answer(steady_time deadline);
  // Until what was sent is on the wire, reading meanwhile.
  task<progress> until_sent(steady_time deadline);

  [[nodiscard]] bool open() const { return raw_ != nullptr && PQstatus(raw_) == CONNECTION_OK && !gone_; }
  [[nodiscard]] PGconn* raw() const { return raw_; }
  // Ends the connection from outside of a call; close() is still to come.
  void abandon();
  [[nodiscard]] error refused() const; // libpq's words about a failed connect
  void take_input();                   // whatever has arrived, without waiting

  milliseconds answer_timeout;
  std::map<std::string, std::string_view, std::less<>> prepared; // name -> text
  // Prepared anew under other names: the server may still know the old ones.
  void forget_statements() {
    prepared.clear();
    ++generation_;
  }
  [[nodiscard]] std::string name_of_statement(const std::string& name) const {
    return generation_ == 0 ? name : name + '~' + std::to_string(generation_);
  }
  bool busy = false; // a call is under way
  // Behind PgBouncer in transaction mode: the statement that every transaction begins with, for the next one
  // may be another session's. Then no statement has a name. Empty: the session is ours alone.
  std::string settings_each;

 private:
  task<bool> turn(bool writing, steady_time deadline);

  PGconn* raw_ = nullptr;
  socket_watch watch_;
  std::shared_ptr<session_group> among_;
  bool gone_ = false;  // the server closed, or the socket failed
  int generation_ = 0; // of the statements' names
};

// One call on a session. If it is left before finished(), the session is closed: its protocol state is
// unknown.
class call {
 public:
  explicit call(session& s);
  ~call();
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  // The protocol is at rest again.
  void finished() { finished_ = true; }
  // The call may not end well for the session, though the protocol is at rest.
  void spoil() { finished_ = false; }

 private:
  session& session_;
  bool finished_ = false;
};

// The server's error in `r`, classified; an answer without SQLSTATE (libpq's own failure) is `lost`.
[[nodiscard]] error error_of(const PGresult* r, bool doubt, bool raises_ours = false);
// The SQLSTATE where it tells of the session or the server; empty where a function of the shop raised it.
[[nodiscard]] std::string state_of_server(const PGresult* r);
[[nodiscard]] error lost(bool doubt);
[[nodiscard]] error late(bool doubt);

} // namespace suivi::pg
