// When the database counts as away: what each look at it makes of its state, what is said of it, and when to
// look again. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace suivi::receiver {

enum class database_state {
  down,   // does not answer, or takes no writes: a server that was demoted
  behind, // answers, but the schema is not current, or COMMITs do not end
  up,
};
[[nodiscard]] std::string_view to_string(database_state s);

// The error of a database that answers, and whose COMMITs do not end.
inline constexpr std::string_view commits_hang = "database:commits_hang";

class outage_state {
 public:
  enum class complaint { none, away, schema, commits };

  struct step {
    bool came_up = false;
    bool went = false;            // it was up before this look
    bool drop_connection = false; // another one may fare better
    complaint say = complaint::none;
    milliseconds pause{0}; // until the next look
  };

  [[nodiscard]] database_state now() const { return state_; }

  // A look begins. Meanwhile its schema may turn out not to be current.
  void begin_probe() { was_up_ = state_ == database_state::up; }
  void note_old_schema() { state_ = database_state::behind; }
  // The look ended well, or not. `reachable`: the connection is alive all the same.
  step answered();
  step failed(const error& e, bool reachable, double jitter);

 private:
  // Each reason is told once until it is up again: one that was shut down may come back with another
  // password.
  bool is_news(const std::string& reason);

  database_state state_ = database_state::down;
  bool was_up_ = false;
  int failures_ = 0;
  std::set<std::string> reported_; // since it was up
};

} // namespace suivi::receiver
