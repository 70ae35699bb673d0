// A process that may die at any step, be frozen, and have a clock of its own. What it had planned dies with
// it.
#pragma once

#include "tests/simulation/faults.hpp"
#include "tests/simulation/timeline.hpp"

#include <string>

namespace suivi::simulation {

class process {
 public:
  process(timeline& t, const faults& f, std::string name) : t_(t), faults_(f), name_(std::move(name)) {}
  virtual ~process() = default;
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  void start() {
    alive_ = true;
    begin();
  }
  void crash() {
    ++life_;
    ++crashes;
    alive_ = false;
    forget();
    t_.after(t_.about(milliseconds(15'000)), [this] { start(); });
  }
  void freeze(milliseconds time) { frozen_until_ = t_.now() + time; }
  [[nodiscard]] bool alive() const { return alive_ && t_.now() >= frozen_until_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  milliseconds clock_apart{0}; // always …
  milliseconds clock_off{0};   // … and after a step, until it is set right
  int crashes = 0;

 protected:
  virtual void begin() = 0;
  virtual void forget() = 0; // what was in memory only

  [[nodiscard]] instant wall() const { return t_.now() + clock_apart + clock_off; }
  void later(milliseconds wait, std::function<void()> action) {
    t_.after(wait, [this, life = life_, action = std::move(action)] { run(life, action); });
  }
  // Dies here, perhaps.
  bool dies() {
    if (!t_.happens(faults_.crash)) return false;
    crash();
    return true;
  }

  timeline& t_;
  const faults& faults_;

 private:
  void run(int life, const std::function<void()>& action) {
    if (life != life_) return;
    if (t_.now() < frozen_until_)
      t_.at(frozen_until_, [this, life, action] { run(life, action); });
    else
      action();
  }

  std::string name_;
  int life_ = 0;
  bool alive_ = false;
  instant frozen_until_{};
};

} // namespace suivi::simulation
