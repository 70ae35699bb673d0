// What the ledger plays on: a cluster of its own, the receiver with a gate on either side, a small disk for
// its spool; and everything that can be done to them, and undone.
#pragma once

#include "tests/ledger/book.hpp"
#include "tests/programs/program.hpp"
#include "tests/support/gate.hpp"
#include "tests/support/own_names.hpp"
#include "tests/support/private_cluster.hpp"
#include "tests/support/small_disk.hpp"

#include <list>
#include <memory>
#include <optional>
#include <thread>

namespace suivi::ledger {

struct stage_options {
  int timed_orders = 100;
  int untimed_orders = 20'000;
};

// All events of the database stored after `event_id`, to the book; returns the last one's id.
std::int64_t read_events(const std::string& database_url, std::int64_t event_id, book& into);

class stage {
 public:
  explicit stage(stage_options options);
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  [[nodiscard]] std::string webhook_url() const;
  [[nodiscard]] std::string guepex_url() const;
  [[nodiscard]] const std::string& guepex_secret() const { return guepex_secret_; }
  // Why the spool's disk is no small one, so that it cannot be filled; "" if it is.
  [[nodiscard]] const std::string& no_small_disk() const { return disk_.why_not(); }
  // Why no name server can be made silent; "" if one can.
  [[nodiscard]] const std::string& no_own_names() const { return names_.why_not(); }

  // Undoes all that was done, and waits until it is.
  void heal();

  void start_receiver();
  void kill_receiver();
  // As an operator stops it; throws where that takes longer than 10 s, or has another status than 0.
  void stop_receiver();
  [[nodiscard]] bool receiver_runs() const { return receiver_.has_value(); }
  void freeze_receiver();
  [[nodiscard]] std::string receiver_log() const;

  void kill_postgres();
  void halt_postgres();
  [[nodiscard]] bool postgres_runs() const { return !postgres_down_; }
  // Suivi's sessions, by their process ids.
  [[nodiscard]] std::vector<pid_t> backends() const;
  void freeze_backend(pid_t backend);
  // Statements of the shop (or of an administrator) that go on beside everything else; errors are theirs.
  void beside(std::string sql);
  // The same, waited for. False: the database refused it or is not there.
  bool try_statement(const std::string& sql);
  void allow_few_connections();

  // One for all connections of the role: the watch's stays, the pool's are refused.
  void refuse_pool();
  // Each webhook that is stored, or each order that is written, takes a while.
  void slow_down(bool orders, milliseconds each_row);
  void silence_name_server();

  void fill_disk();
  // The spool's file is somewhere else all at once, with what is in it, and perhaps another lies in its
  // place.
  void move_spool(bool replace_by_garbage);
  // From then on standard error is closed, or a pipe that nobody reads.
  void restart_without_log(bool closed);
  // Past the gate: more connections than the receiver may have, which say nothing.
  void occupy_connections();
  // Past the gate: bodies that are too large, or come with a wrong secret.
  void push_big_bodies(int count);

  // Events that are not applied, of the spool too; -1: nobody can tell.
  [[nodiscard]] std::int64_t pending() const;
  // All events stored after `event_id`, to the book; returns the last one's id.
  std::int64_t read_events(std::int64_t event_id, book& into) const;
  // Orders that do not show what they should.
  [[nodiscard]] std::vector<std::string> wrong_orders(const book& pages) const;
  // Events by what became of them.
  [[nodiscard]] std::string outcomes() const;

  test::private_cluster cluster;
  std::optional<test::gate> to_database;
  std::optional<test::gate> to_receiver;

 private:
  void load_shop(stage_options options);
  void put_spools_back();
  void wait_for_port(unsigned short port) const;
  void thaw();

  test::small_disk disk_{2};
  std::map<std::string, std::string> environment_;
  std::optional<test::program> receiver_;
  std::string guepex_secret_;
  std::string last_log_; // of the receiver that was killed last
  std::vector<pid_t> frozen_;
  std::list<std::thread> beside_;
  bool postgres_down_ = false;
  bool few_connections_ = false;
  bool slowed_down_ = false;
  unsigned short receiver_port_ = 0;
  bool without_log_ = false;
  test::own_names names_;
  std::vector<std::string> moved_spools_;
  std::vector<int> strangers_; // sockets
};

} // namespace suivi::ledger
