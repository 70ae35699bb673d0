// The worker between sweeps while its database goes away, comes late or loses what is Suivi's: it says so,
// waits, and sweeps again.
#include "tests/programs/reconciler_process.hpp"
#include "tests/support/gate.hpp"

using namespace suivi::test;

namespace {

struct watched_shop : reconciler_process {
  gate to_database{db.url()};

  watched_shop() : reconciler_process("example-a:example-key-1:A", 20) {
    environment["DATABASE_URL"] = to_database.url();
    environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "300ms";
  }

  [[nodiscard]] std::int64_t complete(const char* kind) const {
    if (db.value("select to_regclass('suivi.sweep') is not null") != "t") return 0;
    return db.number(std::string("select count(*) from suivi.sweep where verdict = 'complete' and kind = '") +
                     kind + "'");
  }
  void await_sweeps(const program& worker, const char* kind, std::int64_t many) const {
    CAPTURE(worker.log());
    wait_until("complete sweeps", [&] { return complete(kind) >= many; });
  }
};

constexpr const char* cannot_be_used = "the database cannot be used";

void ends_well(program& worker, const watched_shop& s) {
  CHECK(s.differences().empty());
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
}

} // namespace

TEST_CASE("a worker that starts while the database is away says so once, and sweeps when it is there") {
  watched_shop s;
  s.to_database.refuse();
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("its word", [&] { return worker.log().find(cannot_be_used) != std::string::npos; });
  s.to_database.pass();
  s.await_sweeps(worker, "full", 1);
  s.await_sweeps(worker, "incremental", 1);
  auto first = worker.log().find(cannot_be_used);
  CHECK(worker.log().find(cannot_be_used, first + 1) == std::string::npos);
  ends_well(worker, s);
}

TEST_CASE("a worker whose database goes away between sweeps goes on when it is back") {
  watched_shop s;
  program worker("suivi-reconciler", {"run"}, s.environment);
  s.await_sweeps(worker, "incremental", 1);
  s.to_database.refuse();
  s.to_database.sever();
  wait_until("its word", [&] { return worker.log().find(cannot_be_used) != std::string::npos; });
  auto before = s.complete("incremental");
  s.to_database.pass();
  s.await_sweeps(worker, "incremental", before + 2);
  ends_well(worker, s);
}

TEST_CASE("a worker whose database takes no writes says so once, and sweeps when it takes them again") {
  watched_shop s;
  REQUIRE(run_program("suivi-reconciler", {"migrate"}, s.environment).status == 0);
  s.db.execute("alter database " + s.db.name() + " set default_transaction_read_only = on");
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("its word", [&] { return worker.log().find(cannot_be_used) != std::string::npos; });
  auto refused = [&] {
    return s.db.number("select xact_rollback from pg_stat_database where datname = current_database()");
  };
  auto before = refused();
  wait_until("several attempts more", [&] { return refused() >= before + 12; }); // two a second and more
  CHECK(worker.log().find(cannot_be_used) == worker.log().rfind(cannot_be_used));
  CHECK(worker.log().find("sqlstate:25006") != std::string::npos);
  s.db.execute("alter database " + s.db.name() + " reset default_transaction_read_only");
  s.await_sweeps(worker, "full", 1);
  s.await_sweeps(worker, "incremental", 1);
  ends_well(worker, s);
}

TEST_CASE("a worker makes the schema again that somebody dropped, and a full sweep tells the truth anew") {
  watched_shop s;
  program worker("suivi-reconciler", {"run"}, s.environment);
  s.await_sweeps(worker, "incremental", 1);
  s.db.execute(
      R"sql(drop schema suivi cascade; update orders set "trackingNumber" = null, "shippingStatus" = null)sql");
  s.await_sweeps(worker, "full", 1);
  s.await_sweeps(worker, "incremental", 1);
  ends_well(worker, s);
}
