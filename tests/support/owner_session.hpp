// The connection on which a test looks at its database and changes it from outside the code under test.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

struct pg_conn;

namespace suivi::test {

// One connection for all that a test asks, for opening one costs more than most of its questions. Whatever a
// call leaves in its session (settings, locks, an open transaction) ends with the call, as if each had a
// connection of its own; one that was lost in between is opened anew. Blocks; any thread may call it.
class owner_session {
 public:
  explicit owner_session(std::string url) : url_(std::move(url)) {}

  // The first cell of the last statement's rows: "NULL", or "" without a row. Throws std::runtime_error with
  // "sqlstate:CODE: message" (without a code where the connection failed).
  std::string run(std::string_view sql);

 private:
  struct closer {
    void operator()(pg_conn* open) const;
  };

  void open();
  std::string send(const std::string& sql);
  void clean();

  std::mutex one_at_a_time_;
  std::string url_;
  std::unique_ptr<pg_conn, closer> open_;
};

} // namespace suivi::test
