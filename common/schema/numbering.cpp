// Moves event and sweep numbers ahead after a restore. The SQL behind it: 0018_numbering.sql.
#include "common/schema/numbering.hpp"

#include "common/log/log.hpp"

namespace suivi::schema {
namespace {

constexpr pg::statement keep{"schema_keep_numbers", "select suivi.keep_numbers_unique()"};

} // namespace

task<result<bool>> keep_numbers_unique(pg::connection& db) {
  auto answer = co_await db.run(keep);
  if (!answer) co_return answer.error();
  bool raised = answer->boolean(0, 0);
  if (raised)
    log::info("the schema suivi came out of a backup: event and sweep numbers go on from further ahead");
  co_return raised;
}

} // namespace suivi::schema
