// The one door to SQLite: a file, statements, and errors as values.
//
// Blocking; for one thread. SQLite's own result codes (https://www.sqlite.org/rescode.html) become
// "sqlite:N", N the extended code; "spool:corrupt" where the file is no database or a damaged one.
#pragma once

#include "common/base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace suivi::receiver {

class sqlite {
 public:
  // The file must be there; an empty one is an empty database. Other processes may have it open too: a lock
  // of theirs is waited for, `patience_ms` at most. Closing leaves the write-ahead log as it is: a damaged
  // file is not written to once more.
  static result<sqlite> open(const std::string& path, int patience_ms);

  // One or several statements without parameters and without interest in their rows.
  result<void> run(const std::string& sql);
  // The first column of the only row.
  result<std::int64_t> number(const std::string& sql);
  result<std::string> text(const std::string& sql);
  // Whether file and log still begin as such files do, for others may have cut them off or written over them;
  // SQLite, which knows their pages, would not look.
  [[nodiscard]] bool begins_well() const;

 private:
  friend class sqlite_statement;
  struct closer {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, closer> db_;
};

// Parameters and columns count from 1 and from 0, as SQLite has it.
class sqlite_statement {
 public:
  static result<sqlite_statement> prepare(const sqlite& in, std::string_view sql);

  void bind(int place, std::int64_t value);
  void bind_bytes(int place, std::string_view value); // must live until the statement is reset
  void bind_null(int place);

  // True: a row is there. False: it has ended.
  result<bool> step();
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string bytes(int column) const;
  [[nodiscard]] bool null(int column) const;
  void reset();

 private:
  struct finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, finalizer> statement_;
};

[[nodiscard]] bool is_corrupt(const error& e);
// The disk has no room.
[[nodiscard]] bool is_full(const error& e);
// Another process or thread holds the file: everything else about it is well.
[[nodiscard]] bool is_busy(const error& e);

} // namespace suivi::receiver
