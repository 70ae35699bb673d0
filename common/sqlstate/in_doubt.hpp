// What statements do to the transaction they stand in, by their words; and, when a connection is lost with
// statements under way, whether they may have been committed. Pure.
#pragma once

#include <span>
#include <string_view>

namespace suivi::pg {

// `texts` are sent together, beginning inside a transaction or not. True if a COMMIT is among them or one of
// them stands outside BEGIN … COMMIT (it commits by itself); then a loss leaves the outcome in doubt.
// Otherwise PostgreSQL rolls back with certainty.
[[nodiscard]] bool may_commit(bool in_transaction, std::span<const std::string_view> texts);

enum class transaction_step { none, begins, ends };
[[nodiscard]] transaction_step transaction_step_of(std::string_view sql);

} // namespace suivi::pg
