// Where a replay's events come from: the inbox, a file, or the old system's table. Each is read in pages, so
// that memory stays flat whatever their number.
#pragma once

#include "receiver/replay/stored_events.hpp"

#include <cstdio>
#include <memory>

namespace suivi::receiver {

// An event on its way through a replay. Of a file or of the old system: `event.id` is 0, nothing is recorded.
using replay_event = stored_event;

class replay_source {
 public:
  virtual ~replay_source() = default;

  // Up to `limit` events, at least one unless there are no more. After an error the same call may be
  // repeated.
  virtual task<result<std::vector<replay_event>>> next(pg::connection& db, std::size_t limit) = 0;
  // How much of it has been read, from 0 to 1; nullopt if that cannot be told.
  [[nodiscard]] virtual std::optional<double> done() const = 0;
};

// The inbox's events, oldest first, up to the newest at the first call of next(). `only_account` as in
// replay_inbox.hpp.
[[nodiscard]] std::unique_ptr<replay_source> inbox_source(replay_selection selection,
                                                          std::string only_account);

// Lines of NDJSON, or one JSON document: a list of events, or an answer of the operations API. Takes the file
// over and closes it. Of the selection, times and ids count where a line has them (a line without is not
// selected then), outcomes only if they were asked for and the line has one; the account is what every event
// is taken to be of.
[[nodiscard]] std::unique_ptr<replay_source> file_source(replay_selection selection, std::FILE* file);

// The old system's rows that it never processed. The account is what every event is taken to be of.
[[nodiscard]] std::unique_ptr<replay_source> legacy_source(replay_selection selection);

// Those of the selection's ids that no event of the inbox has, as they were given.
task<result<std::vector<std::string>>> find_unknown_ids(pg::connection& db, replay_selection selection);

// How many events of the inbox are selected; stops counting beyond `enough`.
task<result<std::uint64_t>> count_selected(pg::connection& db, replay_selection selection,
                                           std::string only_account, std::uint64_t enough);

} // namespace suivi::receiver
