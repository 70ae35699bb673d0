// Webhooks into the inbox: stored once, whatever is repeated. The SQL behind it:
// common/schema/scripts/0002_inbox.sql.
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
// The same with one row for all that are to be applied (ranges.hpp), in `owner`'s hands; empty: in nobody's,
// and whoever asks may take them.
task<result<std::vector<receipt>>> ingest_as_range(pg::connection& db, std::span<const webhook> rows,
                                                   std::string owner);
// The same for one row of which the database refuses the decoded fields.
task<result<receipt>> ingest_as_poison(pg::connection& db, const webhook& row, std::string why);

} // namespace suivi::receiver
