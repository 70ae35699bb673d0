// One round after the other: send while faults happen, heal, wait until all is quiet, judge.
#pragma once

#include "tests/ledger/faults.hpp"
#include "tests/ledger/senders.hpp"

namespace suivi::ledger {

struct plan {
  int rounds = 10;
  seconds limit{0}; // for all of them together; 0: none
  unsigned seed = 1;
  int senders = 16;
  int messages = 300;              // each round
  std::vector<std::string> faults; // empty: all
};

struct sums {
  int rounds = 0;
  sending_counts sent;
  std::map<std::string, int, std::less<>> faults;
  book::verdict last;
  std::int64_t wrong_orders = 0;
  int never_quiet = 0; // rounds after which something was still to be done
  milliseconds longest_recovery{0};
  std::string longest_after; // faults
  [[nodiscard]] bool well() const;
};

// Prints a line a round. Stops at the first round that is not well; `stop` ends it after the present one.
sums play(stage& on, book& pages, const plan& plan, const volatile int& stop);

// The table at the end.
void print(const sums& all, const stage& on);

} // namespace suivi::ledger
