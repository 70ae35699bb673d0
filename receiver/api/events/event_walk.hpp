// Lists of events that go on by a cursor: from the newest on, day by day, as far as a page needs.
//
// A page looks at a bounded number of events. Where they are too many for the few that are wanted, it comes
// back short, or empty, and its `next` is where it ended. Times that the counts of past events
// (0011_samples.sql) know to hold none of the wanted account or type are left out.
#pragma once

#include "receiver/api/events/event_queries.hpp"

namespace suivi::receiver {

task<result<event_page>> walk_events(pg::connection& db, event_query q);

} // namespace suivi::receiver
