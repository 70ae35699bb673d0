// A PostgreSQL cluster of one test's own, to be killed: it keeps what it committed through every crash of its
// processes (not of the machine: it does without fsync). Other tests' shared cluster is never touched. Throws
// where a test cannot go on; for tests only.
#pragma once

#include "tests/support/folder.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>

namespace suivi::test {

class private_cluster {
 public:
  private_cluster();
  private_cluster(const private_cluster&) = delete;
  private_cluster& operator=(const private_cluster&) = delete;
  ~private_cluster();

  void halt();   // stopped as by a crash, every process of it at once
  void kill();   // SIGKILL of the postmaster alone: the other processes find out by themselves
  void resume(); // on the same port; waits for what a kill left behind
  [[nodiscard]] bool runs() const;

  // The superuser's, of the database `postgres`.
  [[nodiscard]] const std::string& url() const { return url_; }
  // The same for another user's database.
  [[nodiscard]] std::string url(std::string_view user, std::string_view database) const;

  // As the superuser, in `postgres` or in `database`. execute() throws; value() is the first cell, "" where
  // the database is not there.
  void execute(std::string_view sql, std::string_view database = "postgres") const;
  [[nodiscard]] std::string value(std::string_view sql, std::string_view database = "postgres") const;

 private:
  [[nodiscard]] bool control(const char* verb) const;
  [[nodiscard]] pid_t postmaster() const; // 0: none

  folder folder_;
  std::string url_;
};

} // namespace suivi::test
