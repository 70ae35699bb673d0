// Looks at the database, each in a transaction of its own that ends within seconds whatever is locked, and
// all of them together within half a minute. A look that fails is noted among the facts and costs its own
// check only. Reads only.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/doctor/checks/facts.hpp"

#include <optional>
#include <string>

namespace suivi::reconciler {

class fact_reader {
 public:
  // Nothing begins after `until`.
  fact_reader(pg::connection& db, doctor_facts& into, steady_time until);

  // The rows, or nothing and a failed look of `check`.
  task<std::optional<pg::rows>> ask(std::string check, pg::statement question, pg::params with = {});

  // For questions that others put: limits hold between open() and close(). False: the look has failed and is
  // noted.
  task<bool> open(std::string check);
  task<void> close();

  void note(const std::string& check, const error& why);

 private:
  pg::connection& db_;
  doctor_facts& facts_;
  steady_time until_;
};

// Limits for a transaction that somebody else's lock must not hold up: after BEGIN, up to its end.
void add_short_limits(pg::pipeline& steps);

} // namespace suivi::reconciler
