// One connection to PostgreSQL, asynchronous on Asio without one blocking call.
//
// Every call ends by its deadline; a client deadline lies above the server's statement_timeout, so that the
// server normally gives up first and the connection stays usable. After an error whose kind is not
// `permanent`, ask alive(). Not thread-safe; one call at a time (checked).
//
// Errors (see base/error.hpp): code is "sqlstate:XXXXX" where the server said it, else "pg:lost",
// "pg:timeout", "pg:refused", "pg:pool". A connection lost while a statement outside a transaction, or a
// pipeline with a COMMIT, was under way is `in_doubt`; lost anywhere else it is `transient`, for PostgreSQL
// has rolled back.
#pragma once

#include "common/base/time.hpp"
#include "common/pg/params.hpp"
#include "common/pg/rows.hpp"
#include "common/runtime/task.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::pg {

class session;
class session_group;

struct connect_options {
  // libpq URI or conninfo; several hosts and target_session_attrs allowed (several hosts alone mean that one
  // of them which takes writes, whoever is the primary now). Parameters that only Prisma knows
  // (connection_limit, pool_timeout, …) are dropped; its `schema` becomes the search_path. With its
  // `pgbouncer=true` nothing is bound to the session: statements go without names, and every transaction
  // begins with the settings that Suivi relies on.
  std::string url;
  std::string application_name = "suivi";
  milliseconds statement_timeout{15'000}; // the server's
  milliseconds answer_timeout{20'000};    // ours, for one call
  milliseconds connect_timeout{5'000};    // for all hosts together
  milliseconds idle_in_transaction_timeout{10'000};
};

// A statement with a name is prepared at its first use on a connection and kept; without a name it is parsed
// anew. Both point to static storage. Where the server has dropped it, or an ALTER has changed the shape of
// its rows, it is prepared and run once more outside of a transaction; within one the connection ends with a
// transient error.
struct statement {
  std::string_view name;
  std::string_view text;
  // Answered in binary form, the cheaper one for both sides: where all columns are texts, integers, booleans
  // or times.
  bool binary = false;
  // It calls Suivi's own functions alone and touches no table of the shop, so that what is raised under
  // "SV…" is their word (sqlstate.hpp).
  bool raises_ours = false;
};

// Statements sent together and answered together: one round trip. The first error ends the rest.
// Statements outside BEGIN/COMMIT form one implicit transaction up to the pipeline's end.
class pipeline {
 public:
  // Returns the index of its rows in the answer.
  std::size_t add(statement statement, params with = {});
  [[nodiscard]] std::size_t size() const { return steps_.size(); }

 private:
  friend class connection;
  struct step {
    pg::statement statement;
    params with;
  };
  std::vector<step> steps_;
};

class connection {
 public:
  static task<result<connection>> connect(const connect_options& options);
  // One of several that may be given up together.
  static task<result<connection>> connect(const connect_options& options,
                                          std::shared_ptr<session_group> among);

  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;
  ~connection(); // closes at once; an open transaction is rolled back by the server

  task<result<rows>> run(statement statement, params with = {});
  task<result<std::vector<rows>>> run(pipeline steps);

  // `COPY … FROM STDIN`. `next` appends rows in COPY's text or CSV form to the empty buffer it is given, and
  // returns false when there are no more (what it appended then is still sent); it is called again whenever
  // the former rows are on the wire. Returns the number of rows. answer_timeout holds for each buffer, and
  // for the answer at the end.
  task<result<std::uint64_t>> copy_in(std::string_view copy_statement,
                                      std::function<bool(std::string& buffer)> next);

  // Several statements separated by `;`, without parameters (migrations, test set-up). Not prepared.
  task<result<void>> run_script(std::string_view sql);

  // Another answer_timeout for the calls that follow (migrations, large COPYs). The server's
  // statement_timeout is the caller's to set. Returns the limit held before.
  milliseconds answer_within(milliseconds limit);

  [[nodiscard]] bool alive() const;          // usable for another call; looks at the socket, without waiting
  [[nodiscard]] bool in_transaction() const; // between BEGIN and COMMIT/ROLLBACK, failed ones too

 private:
  explicit connection(std::unique_ptr<session> s);
  std::unique_ptr<session> session_;
};

} // namespace suivi::pg
