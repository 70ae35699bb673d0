// A connection and how many rows have been read in its database so far.
#pragma once

#include "common/pg/connection.hpp"
#include "tests/support/database.hpp"

#include <cstdint>
#include <doctest/doctest.h>

namespace suivi::receiver {

struct row_reader {
  const test::database& db;
  pg::connection connection;

  static constexpr const char* so_far =
      "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_all_tables"
      " where schemaname = 'suivi' or relname = 'orders'";

  // Those of Suivi's tables and of the orders.
  task<std::int64_t> rows_so_far() {
    pg::statement flush{"", "select pg_stat_force_next_flush()"};
    auto flushed = co_await connection.run(flush);
    REQUIRE(flushed.has_value());
    db.execute("select pg_stat_force_next_flush()"); // what the test's own session read before is told first
    co_return db.number(so_far);
  }
};

} // namespace suivi::receiver
