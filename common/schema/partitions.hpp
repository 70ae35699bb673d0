// Partitions of Suivi's own tables for the days and months ahead; both programs see to them.
#pragma once

#include "common/pg/connection.hpp"

namespace suivi::schema {

// Makes them, in one transaction; returns how many were made. May be repeated. Gives way (sqlstate:55P03)
// instead of waiting for readers.
task<result<std::int64_t>> make_partitions(pg::connection& db);

// Gives a day that is over one of the indexes that came after it (0022_event_indexes.sql). False: there is
// none left. Waits for no lock, like make_partitions(), but builds for as long as ten minutes, whatever the
// connection's limits are.
task<result<bool>> index_next_day(pg::connection& db);

} // namespace suivi::schema
