// What may be done about an error, by its SQLSTATE alone, and when a lost connection leaves the outcome open.
#include "common/sqlstate/batch_failure.hpp"
#include "common/sqlstate/in_doubt.hpp"
#include "common/sqlstate/sqlstate.hpp"

#include <doctest/doctest.h>
#include <initializer_list>
#include <string>
#include <vector>

using namespace suivi;

TEST_CASE("what a function of the shop raises is permanent, whatever it means elsewhere") {
  for (const char* code :
       {"08006", "53100", "57P01", "0A000", "42501", "P0001", "25006", "40001", "55P03", "57014"}) {
    error raised = pg::raised_error(code);
    CHECK(raised.kind == failure::permanent);
    CHECK(raised.code == std::string("sqlstate:") + code);
  }
}

TEST_CASE("what Suivi's own functions raise has codes that no trigger can raise") {
  CHECK(pg::suivi_error("SV002", "the lease was taken over").code == pg::term_passed);
  CHECK(pg::suivi_error("SV001", "").code == pg::events_taken_over);
  CHECK(pg::raised_error("SV002").code != pg::term_passed);
}

TEST_CASE("what may succeed later is transient") {
  for (std::string code : {"08000", "08006", "53100", "53300", "57P01", "57P02", "57P03", "57014", "40001",
                           "40P01", "55P03", "25006", "25P03", "26000"}) {
    CAPTURE(code);
    CHECK(pg::kind_of(code) == failure::transient);
  }
}

TEST_CASE("what the server itself does not know is in doubt") {
  CHECK(pg::kind_of("40003") == failure::in_doubt);
  CHECK(pg::kind_of("08007") == failure::in_doubt);
}

TEST_CASE("everything else is permanent") {
  for (std::string code : {"23505", "42P01", "22021", "57P04", "XX000", "25P02", "", "0"}) {
    CAPTURE(code);
    CHECK(pg::kind_of(code) == failure::permanent);
  }
}

TEST_CASE("a session that the server ends, or that went read-only, is not used again") {
  for (std::string code : {"57P01", "57P05", "25006", "25P03", "08P01"}) {
    CAPTURE(code);
    CHECK(pg::ends_session(code));
  }
  for (std::string code : {"23505", "40P01", "57014", "53200", ""}) {
    CAPTURE(code);
    CHECK_FALSE(pg::ends_session(code));
  }
}

TEST_CASE("an error is named by its SQLSTATE") {
  auto e = pg::sqlstate_error("40001", "could not serialize");
  CHECK(e.code == "sqlstate:40001");
  CHECK(e.kind == failure::transient);
  CHECK(e.detail == "could not serialize");
}

TEST_CASE("a message that quotes a refused value is left out") {
  auto e = pg::sqlstate_error("22P02", "invalid input syntax for type bigint: \"0550-1\"");
  CHECK(e.code == "sqlstate:22P02");
  CHECK(e.detail.find("0550") == std::string::npos);
}

namespace {

bool may_commit(bool in_transaction, std::vector<std::string_view> texts) {
  return pg::may_commit(in_transaction, texts);
}

} // namespace

TEST_CASE("a statement that stands alone may have been committed") {
  CHECK(may_commit(false, {"insert into t values (1)"}));
  CHECK(may_commit(false, {"insert into t values (1)", "select 1"}));
}

TEST_CASE("inside a transaction nothing is committed before COMMIT") {
  CHECK_FALSE(may_commit(true, {"insert into t values (1)"}));
  CHECK_FALSE(may_commit(false, {"begin", "insert into t values (1)"}));
  CHECK_FALSE(may_commit(false, {"START TRANSACTION", "insert into t values (1)"}));
  CHECK(may_commit(true, {"insert into t values (1)", "COMMIT"}));
  CHECK(may_commit(false, {"begin", "insert into t values (1)", "  commit"}));
  CHECK(may_commit(true, {"end"}));
}

TEST_CASE("comments before a verb do not hide it") {
  CHECK(may_commit(true, {"-- the end\n /* really */ commit"}));
  CHECK_FALSE(may_commit(false, {"/* so */begin", "update t set a = 1"}));
  CHECK_FALSE(may_commit(true, {"-- commit"}));
}

TEST_CASE("after a rollback statements stand alone again and a savepoint's rollback changes nothing") {
  CHECK_FALSE(may_commit(true, {"rollback"}));
  CHECK(may_commit(true, {"rollback", "insert into t values (1)"}));
  CHECK_FALSE(may_commit(true, {"rollback to savepoint s", "insert into t values (1)"}));
  CHECK_FALSE(may_commit(true, {"rollback work to s", "insert into t values (1)"}));
}

TEST_CASE("a missing schema, table or function is a missing schema, a refused value is none") {
  for (const char* code : {"sqlstate:3F000", "sqlstate:42P01", "sqlstate:42883"}) {
    CAPTURE(code);
    CHECK(pg::schema_is_missing(permanent(code, "")));
  }
  CHECK_FALSE(pg::schema_is_missing(permanent("sqlstate:22P05", "")));
  CHECK_FALSE(pg::schema_is_missing(permanent("pg:refused", "")));
}

TEST_CASE("a shortage of the server's is none of the rows'") {
  for (const char* code : {"sqlstate:53100", "sqlstate:53200", "sqlstate:53300"})
    CHECK(pg::is_shortage(transient(code, "")));
  CHECK_FALSE(pg::is_shortage(transient("sqlstate:57014", "")));
  CHECK_FALSE(pg::is_shortage(transient("pg:lost", "")));
}

TEST_CASE("a partition is missing only where the table is Suivi's and no constraint is named") {
  CHECK(pg::is_missing_partition("23514", "suivi", ""));
  CHECK_FALSE(pg::is_missing_partition("23514", "public", "")); // the shop's orders may have partitions too
  CHECK_FALSE(pg::is_missing_partition("23514", "suivi", "positive"));
  CHECK_FALSE(pg::is_missing_partition("23505", "suivi", ""));
  CHECK(pg::schema_is_missing(permanent(pg::no_partition, "")));
  CHECK(pg::sqlstate_of(permanent(pg::no_partition, "")).empty());
}

TEST_CASE("what the shop's own triggers and constraints say is not told, their names are") {
  CHECK(to_string(pg::sqlstate_error("P0001", "Amina 0550123456")).find("Amina") == std::string::npos);
  CHECK(to_string(pg::sqlstate_error("SHOP1", "Amina 0550123456")).find("Amina") == std::string::npos);
  error refused = pg::sqlstate_error("23514", "Amina 0550123456", "orders_short", "reference");
  CHECK(to_string(refused).find("Amina") == std::string::npos);
  CHECK(refused.detail.find("orders_short") != std::string::npos);
  CHECK(refused.detail.find("reference") != std::string::npos);
}
