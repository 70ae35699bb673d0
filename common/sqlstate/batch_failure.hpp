// How a batch that failed is taken apart. Pure.
#pragma once

#include "common/base/error.hpp"

#include <cstddef>
#include <utility>

namespace suivi::pg {

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

// The batch took longer than a statement may: smaller ones may not.
[[nodiscard]] bool is_statement_timeout(const error& e);
// The server is short of something that no row is to blame for: disk, memory, connections.
[[nodiscard]] bool is_shortage(const error& e);
// It waited too long for a row that somebody else holds, or lost against somebody else for it: a deadlock, a
// serialization failure.
[[nodiscard]] bool is_lock_timeout(const error& e);

} // namespace suivi::pg
