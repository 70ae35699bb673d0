// The connection on which a test looks at its database and changes it from outside the code under test.
#pragma once

#include "common/pg/connection.hpp"

#include <boost/asio/io_context.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::test {

// One connection for all that a test asks, for opening one costs more than most of its questions. Whatever a
// call leaves in its session (settings, locks, an open transaction) ends with the call, as if each had a
// connection of its own; one that was lost in between is opened anew. Blocks; a thread that calls while
// another one waits (for a lock, say) does get a connection of its own. Throws std::runtime_error with the
// error's code and words.
class owner_session {
 public:
  explicit owner_session(pg::connect_options options) : options_(std::move(options)) {}

  // Several statements.
  void execute(std::string sql);
  // On a session of its own and once, though the server should end it in the midst.
  void execute_apart(std::string sql) const { owner_session(options_).execute(std::move(sql)); }
  // The first cell of one statement's rows: "NULL", or "" without a row.
  std::string value(std::string sql);

 private:
  task<void> open();
  task<void> leave_clean();
  [[nodiscard]] bool is_lost(const error& failed, bool reused) const;
  task<result<void>> run_script(std::string sql);
  task<result<std::string>> first_cell(std::string sql);

  std::mutex in_use_;
  pg::connect_options options_;
  asio::io_context context_;
  std::optional<pg::connection> open_;
};

} // namespace suivi::test
