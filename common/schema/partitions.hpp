// Partitions of Suivi's own tables for the days and months ahead; both programs see to them.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::schema {

// Makes them; returns how many were made. What was dropped or detached by mistake is there again afterwards:
// default ones, and those from today on. May be repeated. Gives way (sqlstate:55P03) instead of waiting for
// readers.
task<result<std::int64_t>> make_partitions(pg::connection& db);

// Gives a day that is over one of the indexes that came after it (0022_event_indexes.sql). False: there is
// none left. Waits for no lock, like make_partitions(), but builds for as long as ten minutes, whatever the
// connection's limits are.
task<result<bool>> index_next_day(pg::connection& db);

// The same for the present day, whose writers go on meanwhile. Built within the connection's own limits, and
// it waits for transactions that are under way: where that fails, the next call begins anew. False: there is
// none left, or another program is at it.
task<result<bool>> index_today(pg::connection& db);

} // namespace suivi::schema
