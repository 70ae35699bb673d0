// The door's search and read, with plain reads in the place of its locks.
#include "common/door/read_only_snapshot.hpp"

#include "common/door/door_sql.hpp"
#include "common/sqlstate/sqlstate.hpp"

namespace suivi::shop {
namespace {

constexpr pg::statement begin_read_only{"suivi_begin_read_only",
                                        "begin isolation level repeatable read read only"};

task<void> leave(pg::connection& db) {
  if (!db.alive() || !db.in_transaction()) co_return;
  auto ended = co_await db.run(rollback_statement);
  (void)ended; // a connection that fails here is dead, which ends the transaction as well
}

task<result<snapshot>> read_shop_alone(pg::connection& db, std::span<const observation> observations) {
  pg::pipeline reading; // one statement, one transaction
  add_read_shop(reading, observations);
  auto read = co_await db.run(std::move(reading));
  if (!read) co_return read.error();
  co_return read_shop(read->front(), observations);
}

task<result<snapshot>> read_with_schema(pg::connection& db, std::span<const observation> observations) {
  pg::pipeline opening;
  opening.add(begin_read_only);
  add_search(opening, observations);
  auto searched = co_await db.run(std::move(opening));
  if (!searched) {
    co_await leave(db);
    co_return searched.error();
  }
  candidates found = read_search(*searched, 1);
  pg::pipeline reading;
  add_read(reading, found, observations);
  auto read = co_await db.run(std::move(reading));
  co_await leave(db);
  if (!read) co_return read.error();
  co_return read_snapshot(*read);
}

} // namespace

task<result<snapshot>> read_only_snapshot(pg::connection& db, std::span<const observation> observations) {
  auto read = co_await read_with_schema(db, observations);
  if (read || !pg::schema_is_missing(read.error())) co_return read;
  auto alone = co_await read_shop_alone(db, observations);
  co_return alone;
}

} // namespace suivi::shop
