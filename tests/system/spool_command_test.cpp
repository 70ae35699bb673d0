// The spool by hand: what lies in it, and bringing it into the database; and a receiver that brings it there
// before it stops.
#include "tests/programs/unsteady_database.hpp"

#include <boost/json/parse.hpp>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>

using namespace suivi::test;

namespace {

finished spool(const std::string& command, const std::string& url, const folder& where) {
  return run_program("suivi-receiver", {"spool", command, "--json"},
                     {{"DATABASE_URL", url}, {"SUIVI_RECEIVER_SPOOL", where.path()}});
}

std::int64_t number(const finished& done, const char* name) {
  CAPTURE(done.log);
  REQUIRE_FALSE(done.output.empty());
  return boost::json::parse(done.output).at(name).as_int64();
}

} // namespace

TEST_CASE("what lies in the spool is told, and drained by hand once the database is there") {
  cluster db;
  folder where;
  auto empty = spool("status", db.url(), where);
  CHECK(empty.status == 0);
  CHECK(number(empty, "events") == 0);
  CHECK(empty.log.find("there is no spool in " + where.path()) != std::string::npos);
  {
    receiver r(db.url(), where.path());
    wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
    db.halt();
    wait_until("absence", [&] { return r.readiness().starts_with(R"({"database":"down")"); });
    r.push_all(1, 21);
    CHECK(r.spooled == 20);
    r.process->signal(SIGTERM);
    CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
    CHECK(r.process->log().find("webhooks are left in the spool") != std::string::npos);
    auto status = spool("status", db.url(), where);
    CHECK(status.status == 0);
    CHECK(number(status, "events") == 20);
    auto in_vain = spool("drain", db.url(), where);
    CHECK(in_vain.status == 1);
    CHECK(number(in_vain, "events") == 20);
    db.resume();
    auto drained = spool("drain", db.url(), where);
    CHECK(drained.status == 0);
    CHECK(number(drained, "drained") == 20);
    CHECK(number(drained, "events") == 0);
    CHECK(db.value("select count(*) from suivi.inbox") == "20");
    auto again = spool("drain", db.url(), where);
    CHECK(again.status == 0);
    CHECK(number(again, "drained") == 0);
  }
  CHECK(run_program("suivi-receiver", {"spool"}, {{"DATABASE_URL", db.url()}}).status == 2);
}

TEST_CASE("a receiver that stops while the database is there leaves nothing in the spool") {
  cluster db;
  folder where;
  receiver r(db.url(), where.path());
  wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  db.halt();
  wait_until("absence", [&] { return r.readiness().starts_with(R"({"database":"down")"); });
  r.push_all(1, 201);
  CHECK(r.spooled == 200);
  db.resume();
  wait_until("its return", [&] { return !r.readiness().starts_with(R"({"database":"down")"); });
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
  CHECK(number(spool("status", db.url(), where), "events") == 0);
  CHECK(db.value("select count(*) from suivi.inbox") == "200");
}

TEST_CASE("a receiver that is stopped as soon as the database is back has found so first") {
  cluster db;
  folder where;
  receiver r(db.url(), where.path());
  wait_until("the database", [&] { return r.readiness() == R"({"database":"up","spooled":0})"; });
  db.halt();
  wait_until("absence", [&] { return r.readiness().starts_with(R"({"database":"down")"); });
  r.push_all(1, 21);
  CHECK(r.spooled == 20);
  r.process->signal(SIGSTOP); // it does not see the return
  db.resume();
  r.process->signal(SIGTERM);
  r.process->signal(SIGCONT);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
  CHECK(number(spool("status", db.url(), where), "events") == 0);
  CHECK(db.value("select count(*) from suivi.inbox") == "20");
}

TEST_CASE("a spool whose lock is held for ever does not keep a receiver from stopping") {
  cluster db;
  folder where;
  int held = ::open((where.path() + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::flock(held, LOCK_EX) == 0);
  receiver r(db.url(), where.path());
  wait_until("the complaint",
             [&] { return r.process->log().find("the spool cannot be used") != std::string::npos; });
  r.push_all(1, 3);
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(10)) == 0);
  ::close(held);
}
