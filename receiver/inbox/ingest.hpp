// Webhooks into the inbox: stored once, whatever is repeated. The SQL behind it:
// common/schema/0002_inbox.sql.
#pragma once

#include "common/pg/connection.hpp"
#include "receiver/event/webhook.hpp"

#include <span>
#include <string>
#include <vector>

namespace suivi::receiver {

// One transaction. May be repeated: the second time everything was seen before. `owner` empty: nobody holds
// them.
task<result<std::vector<receipt>>> ingest(pg::connection& db, std::span<const webhook> rows,
                                          std::string owner);
// The same for one row of which the database refuses the decoded fields.
task<result<receipt>> ingest_as_poison(pg::connection& db, const webhook& row, std::string why);

// The same in two steps, for a transaction that does something between them. What was seen before is not
// stored again; `ends`: how those ended that are applied already.
void add_take_keys(pg::pipeline& steps, std::span<const webhook> rows);
[[nodiscard]] result<std::vector<receipt>> read_taken_keys(const pg::rows& answer, std::size_t rows);
void add_store(pg::pipeline& steps, std::span<const webhook> rows, std::span<const receipt> receipts,
               std::span<const std::optional<disposition>> ends, const std::string& owner);

} // namespace suivi::receiver
