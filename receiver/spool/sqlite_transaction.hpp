// A transaction of the spool's file that ends with its owner.
#pragma once

#include "receiver/spool/sqlite.hpp"

namespace suivi::receiver {

// Rolls back unless committed.
class sqlite_transaction {
 public:
  explicit sqlite_transaction(sqlite& db) : db_(db) {}
  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;
  ~sqlite_transaction() {
    if (open_) (void)db_.run("rollback");
  }
  result<void> begin() {
    auto begun = db_.run("begin immediate");
    open_ = begun.has_value();
    return begun;
  }
  result<void> commit() {
    auto done = db_.run("commit");
    if (done) open_ = false;
    return done;
  }

 private:
  sqlite& db_;
  bool open_ = false;
};

} // namespace suivi::receiver
