// When to try again, and how a batch that failed is taken apart. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace suivi::receiver {

// `first` doubled with every try, never above `most`; `chance` in [0, 1) takes up to half of it away, so that
// those who failed together do not come back together. `tries` counts from 0.
[[nodiscard]] milliseconds backoff(int tries, milliseconds first, milliseconds most, double chance);

// A number in [0, 1) for backoff().
[[nodiscard]] double chance();

struct range {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
  bool operator==(const range&) const = default;
};
// The front half is not shorter than the back half. `whole` has at least two elements.
[[nodiscard]] std::pair<range, range> halve(range whole);

// What a failed batch of `rows` calls for.
enum class remedy {
  again, // the same batch, after a pause: it may have been committed or not, the dedupe key makes it harmless
  split, // some row is the database's poison: halve until it stands alone
  isolate, // it stands alone
  give_up, // not the rows' fault, and trying again does not help
};
[[nodiscard]] remedy after_failure(const error& e, std::size_t rows);

// Suivi's own tables or functions are not there (any more): migrate.
[[nodiscard]] bool schema_is_missing(const error& e);
// Raised by suivi.close_events and suivi.defer_events: somebody else has taken the events over.
[[nodiscard]] bool lease_is_lost(const error& e);

} // namespace suivi::receiver
