// A replay whose COMMITs get lost, or the answer to one: every event is applied and journaled once.
#include "tests/programs/operations_client.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/gate.hpp"

using namespace suivi::test;
using way = gate::way;
using last_piece = gate::last_piece;

namespace {

constexpr int events = 20;

// Events of orders that were not there when they came, and now are; no receiver runs.
struct replayed_shop : operations_client {
  gate to_database{db.url()};

  replayed_shop() {
    std::vector<std::string> ids;
    for (int n = 1; n <= events; ++n) ids.push_back(push("P" + std::to_string(n), 31));
    for (const auto& id : ids) await(id, "parked");
    receiver->signal(SIGTERM);
    REQUIRE(receiver->wait() == 0);
    db.execute(orders_sql("p", "P", 1, events, "'example-a'"));
    environment["DATABASE_URL"] = to_database.url();
  }

  json::object replay() {
    auto done = run_program("suivi-receiver", {"replay", "--json", "--outcome", "all"}, environment);
    CAPTURE(done.log);
    CAPTURE(done.output);
    CHECK(done.status == 0);
    boost::system::error_code failed;
    auto document = json::parse(done.output, failed);
    REQUIRE_FALSE(failed);
    return document.as_object();
  }

  void all_are_true() {
    CHECK(db.number(R"(select count(*) from orders where "id" like 'p%' and "shippingStatus" = 'EXPÉDIÉ')") ==
          events);
    CHECK(db.number("select count(*) from suivi.waiting_event") == 0);
    CHECK(db.number("select count(*) from suivi.event_outcome where outcome in ('applied', 'unchanged')") ==
          events);
    CHECK(db.number(
              "select count(*) from (select from suivi.change group by order_id, field, from_value, to_value "
              "having count(*) > 1) doubled") == 0);
    to_database.pass();
    auto again = replay();
    CHECK(again.at("selected") == events);
    CHECK(again.at("unchanged") == events);
  }
};

} // namespace

TEST_CASE("the answer to a replay's COMMIT is lost and every event is applied once") {
  for (auto last : {last_piece::kept_back, last_piece::passed_on}) {
    replayed_shop s;
    s.to_database.cut_at(way::to_client, std::string("COMMIT\0", 7), last);
    auto counts = s.replay();
    CHECK(s.to_database.sprung() == 1); // all in one transaction, which is not done a second time
    CHECK(counts.at("applied") == events);
    s.all_are_true();
  }
}

TEST_CASE("a replay's COMMITs are lost on their way and every event is applied once") {
  replayed_shop s;
  s.to_database.cut_at(way::to_server, "commit", last_piece::kept_back, 2);
  auto counts = s.replay();
  CHECK(s.to_database.sprung() == 2);
  CHECK(counts.at("applied") == events);
  s.all_are_true();
}
