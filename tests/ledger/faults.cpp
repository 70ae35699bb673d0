// Names are what the table prints.
#include "tests/ledger/faults.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <stdexcept>

namespace suivi::ledger {
namespace {

using namespace std::chrono_literals;
using test::gate;
using way = gate::way;
using last_piece = gate::last_piece;

unsigned below(std::minstd_rand& random, unsigned limit) {
  return static_cast<unsigned>(random()) % limit;
}
bool chance(std::minstd_rand& random, unsigned percent) {
  return below(random, 100) < percent;
}
void pause(std::minstd_rand& random, unsigned ms_max) {
  std::this_thread::sleep_for(milliseconds(below(random, ms_max)));
}
way any_way(std::minstd_rand& random) {
  return chance(random, 50) ? way::to_server : way::to_client;
}

void kill_receiver(stage& s, std::minstd_rand& random) {
  for (unsigned times = 1 + below(random, 3); times > 0 && s.receiver_runs(); --times) {
    s.kill_receiver();
    pause(random, 300);
    if (times > 1 || chance(random, 50)) s.start_receiver(); // else it stays away until the end
    pause(random, 300);
  }
}

void restart_receiver(stage& s, std::minstd_rand&) {
  if (!s.receiver_runs()) return;
  s.stop_receiver();
  s.start_receiver();
}

void freeze_receiver(stage& s, std::minstd_rand&) {
  if (s.receiver_runs()) s.freeze_receiver();
}

void kill_postgres(stage& s, std::minstd_rand&) {
  if (s.postgres_runs()) s.kill_postgres();
}

void halt_postgres(stage& s, std::minstd_rand&) {
  if (s.postgres_runs()) s.halt_postgres();
}

template <class Act>
void to_some_backends(stage& s, std::minstd_rand& random, Act act) {
  for (int round = 0; round < 5; ++round) {
    for (auto pid : s.backends())
      if (chance(random, 60)) act(pid);
    pause(random, 200);
  }
}

void terminate_backends(stage& s, std::minstd_rand& random) {
  to_some_backends(s, random,
                   [&](pid_t pid) { s.try_statement(fmt::format("select pg_terminate_backend({})", pid)); });
}

void freeze_backends(stage& s, std::minstd_rand& random) {
  for (auto pid : s.backends())
    if (chance(random, 40)) s.freeze_backend(pid);
}

// As a statement time-out ends them: 57014, in the middle of what they wait for.
void cancel_statements(stage& s, std::minstd_rand& random) {
  s.beside("begin; lock table suivi.inbox_key, suivi.pending, suivi.pending_range in access exclusive mode; "
           "select pg_sleep(1); "
           "commit");
  to_some_backends(s, random,
                   [&](pid_t pid) { s.try_statement(fmt::format("select pg_cancel_backend({})", pid)); });
}

// Longer than a statement may take.
void time_out_statements(stage& s, std::minstd_rand&) {
  s.beside("begin; lock table suivi.inbox_key in access exclusive mode; select pg_sleep(17); commit");
}

void lock_rows(stage& s, std::minstd_rand& random) {
  s.beside(fmt::format(
      "begin; select from orders where \"reference\" like 'R%{}' for update; select pg_sleep({}); "
      "update orders set \"updatedAt\" = now() where \"reference\" like 'R%{}'; commit",
      below(random, 10), 0.5 + below(random, 15) / 10.0, below(random, 10)));
}

// It holds what the door needs to close its events and wants the rows that the door holds.
void deadlock(stage& s, std::minstd_rand& random) {
  for (int times = 0; times < 3; ++times) {
    s.beside("begin; lock table suivi.pending, suivi.pending_range in share mode; select pg_sleep(0.15); "
             "select from orders where \"reference\" like 'R%' for update; commit");
    pause(random, 500);
  }
}

void few_connections(stage& s, std::minstd_rand&) {
  s.allow_few_connections();
}

void cut_at_commit(stage& s, std::minstd_rand& random) {
  static const std::array<std::pair<way, std::string>, 4> places{{
      {way::to_client, std::string("seen\0", 5)},   // the answer to storing
      {way::to_client, std::string("COMMIT\0", 7)}, // … to the door's COMMIT
      {way::to_server, "inbox_ingest"},
      {way::to_server, "commit"},
  }};
  const auto& [direction, bytes] = places[below(random, places.size())];
  auto last = chance(random, 50) ? last_piece::kept_back : last_piece::passed_on;
  s.to_database->cut_at(direction, bytes, last, static_cast<int>(1 + below(random, 8)));
}

void trouble_database_network(stage& s, std::minstd_rand& random) {
  auto& g = *s.to_database;
  switch (below(random, 7)) {
  case 0:
    return g.stall(any_way(random));
  case 1:
    return g.reset();
  case 2:
    return g.sever();
  case 3:
    return g.half_close(any_way(random));
  case 4:
    return g.slice();
  case 5:
    return g.delay(milliseconds(20 + below(random, 200)));
  default:
    g.refuse();
    return g.sever();
  }
}

void trouble_courier_network(stage& s, std::minstd_rand& random) {
  auto& g = *s.to_receiver;
  switch (below(random, 7)) {
  case 0:
    return g.stall(any_way(random));
  case 1:
    return g.reset();
  case 2:
    return g.cut_at(way::to_client, "spooled", last_piece::kept_back, 5);
  case 3:
    return g.half_close(any_way(random));
  case 4:
    return g.slice();
  case 5:
    return g.delay(milliseconds(20 + below(random, 200)));
  default:
    return g.cut_at(way::to_client, "stored", last_piece::kept_back, 10);
  }
}

// Nothing can be kept anywhere but for what the ballast leaves.
void fill_disk(stage& s, std::minstd_rand& random) {
  s.to_database->refuse();
  s.to_database->sever();
  pause(random, 500);
  s.fill_disk();
}

void move_spool(stage& s, std::minstd_rand& random) {
  s.to_database->refuse();
  s.to_database->sever();
  pause(random, 700);
  s.move_spool(chance(random, 50));
  if (chance(random, 50)) s.to_database->pass(); // in the midst of the drain, perhaps
  pause(random, 300);
  if (chance(random, 30)) s.move_spool(chance(random, 50));
}

// Whoever has connected before goes on; whoever has to connect anew has the addresses found last.
void silence_name_server(stage& s, std::minstd_rand& random) {
  s.silence_name_server();
  s.to_database->sever();
  if (chance(random, 20) && s.receiver_runs()) {
    s.kill_receiver();
    s.start_receiver(); // knows none
  }
}

void restart_without_log(stage& s, std::minstd_rand& random) {
  if (s.receiver_runs()) s.restart_without_log(chance(random, 50));
}

void occupy_connections(stage& s, std::minstd_rand&) {
  s.occupy_connections();
}

void push_big_bodies(stage& s, std::minstd_rand& random) {
  for (int senders = 0; senders < 4; ++senders) s.push_big_bodies(static_cast<int>(5 + below(random, 10)));
}

void refuse_pool(stage& s, std::minstd_rand&) {
  s.refuse_pool();
}

void slow_triggers(stage& s, std::minstd_rand& random) {
  s.slow_down(chance(random, 50), milliseconds(5 + below(random, 40)));
}

// The server that takes its place knows nothing of its sessions, whatever they held.
void strand_connections(stage& s, std::minstd_rand&) {
  std::vector<pid_t> former = s.backends();
  s.to_database->strand();
  for (auto pid : former) s.try_statement(fmt::format("select pg_terminate_backend({})", pid));
}

const std::array<fault, 25> faults{{
    {"receiver killed", 12, kill_receiver},
    {"receiver restarted", 4, restart_receiver},
    {"receiver frozen", 5, freeze_receiver},
    {"postmaster killed", 8, kill_postgres},
    {"postgres stopped at once", 8, halt_postgres},
    {"backends terminated", 10, terminate_backends},
    {"backends frozen", 6, freeze_backends},
    {"statements canceled", 6, cancel_statements},
    {"statements timed out", 1, time_out_statements},
    {"rows locked by the shop", 6, lock_rows},
    {"deadlock with the shop", 6, deadlock},
    {"too many connections", 6, few_connections},
    {"cut at a commit", 14, cut_at_commit},
    {"network to the database", 12, trouble_database_network},
    {"network to the courier", 10, trouble_courier_network},
    {"spool's disk full", 8, fill_disk},
    {"spool's file moved or replaced", 8, move_spool},
    {"name server silent", 5, silence_name_server},
    {"standard error blocked or closed", 5, restart_without_log},
    {"strangers hold every connection", 5, occupy_connections},
    {"big bodies beside", 5, push_big_bodies},
    {"pool refused, watch alive", 6, refuse_pool},
    {"triggers slow", 6, slow_triggers},
    {"server lost, another there", 6, strand_connections},
    {"none", 2, [](stage&, std::minstd_rand&) {}},
}};

} // namespace

std::span<const fault> all_faults() {
  return faults;
}

const fault& choose(const std::vector<std::string>& names, std::minstd_rand& random) {
  std::vector<const fault*> lots;
  for (const auto& f : faults) {
    bool wanted = names.empty() || std::find(names.begin(), names.end(), f.name) != names.end();
    if (wanted) lots.insert(lots.end(), f.weight, &f);
  }
  if (lots.empty()) throw std::runtime_error("no fault has any of the names given");
  return *lots[below(random, static_cast<unsigned>(lots.size()))];
}

} // namespace suivi::ledger
