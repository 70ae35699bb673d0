// What the soak runs: a cluster of its own with a shop, the courier's stand-in at a steady pace, receiver and
// reconciler, sweeps again and again, and a bystander who forgets his transaction for most of the time.
#pragma once

#include "tests/programs/program.hpp"
#include "tests/soak/series.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/private_cluster.hpp"

#include <atomic>
#include <optional>
#include <thread>

namespace suivi::soak {

struct scene_options {
  int courier_orders = 2'000; // that the stand-in moves
  int courier_changes = 20;   // a second, each told by a webhook
  int own_orders = 500;       // R1 to Rn, that the stand-in knows nothing of
  int aged_events = 20'000;   // older than retention.events at the beginning
  seconds held{30}, free{10}; // the bystander's transaction, and his pause after it
};

class scene {
 public:
  explicit scene(scene_options options);
  ~scene();
  scene(const scene&) = delete;
  scene& operator=(const scene&) = delete;

  [[nodiscard]] std::string webhook_url() const;
  // Memory and tables now.
  void measure(sample& into) const;
  // Asks for a full sweep, as the operations API offers it.
  void ask_for_sweep();

  // At the end: nothing moves, all is applied; false if it does not come to rest.
  bool comes_to_rest();
  // The reconciler's own word on whether the shop shows what the courier has.
  [[nodiscard]] test::finished verify() const;

  [[nodiscard]] std::string value(const std::string& sql) const { return cluster_.value(sql, "shop"); }
  [[nodiscard]] const test::private_cluster& cluster() const { return cluster_; }

 private:
  void load_shop();
  void add_aged_events();
  void forget_transactions();

  scene_options options_;
  test::private_cluster cluster_;
  test::folder spool_;
  std::map<std::string, std::string> environment_;
  std::optional<test::program> courier_, receiver_, reconciler_;
  std::string courier_url_, receiver_url_;
  std::atomic<bool> ending_{false};
  std::thread bystander_;
};

} // namespace suivi::soak
