// The reconciler's two connections at their worst, one fault a test, in the middle of a sweep: it ends
// complete, or says that it did not; the next one is complete, and `verify` finds no difference.
#include "tests/programs/reconciler_process.hpp"
#include "tests/support/gate.hpp"

#include <thread>

using namespace suivi;
using namespace suivi::test;
using way = gate::way;
using last_piece = gate::last_piece;

namespace {

constexpr int orders = 200;
constexpr int few_orders = 20; // where every byte takes its time
const std::string answer_of_commit("COMMIT\0", 7);

struct gated_shop : reconciler_process {
  gate to_database{db.url()};
  gate to_courier{url};

  int known;

  explicit gated_shop(int many = orders)
      : reconciler_process("example-a:example-key-1:A", many), known(many) {
    environment["DATABASE_URL"] = to_database.url();
    environment["SUIVI_MAYSTRO_REQUEST_TIMEOUT"] = "1s";
    db.execute("update shipping_accounts set \"baseUrl\" = '" + to_courier.url() + "'");
    set(R"({"latency_ms":20})"); // so that there is a middle
  }

  // A sweep during which, after some pages, the gates get `orders`; open again after `length`.
  template <class Order>
  json::object sweep_under(Order order, std::chrono::milliseconds length) {
    program sweeping("suivi-reconciler", {"sweep", "--full", "--json"}, environment);
    wait_until("the sweep's middle", [&] { return requests("pages") >= 5; });
    order(*this);
    std::this_thread::sleep_for(length);
    to_database.pass();
    to_courier.pass();
    int status = sweeping.wait(std::chrono::seconds(90));
    CAPTURE(sweeping.log());
    REQUIRE((status == 0 || status == 3));
    const json::value printed = json::parse(sweeping.output());
    auto report = printed.at("sweeps").at(0).as_object();
    CHECK((text(report, "verdict") == "complete") == (status == 0));
    if (status == 0) CHECK(differences().empty());
    return report;
  }

  // As if nothing had been.
  void recovers() {
    to_database.pass();
    to_courier.pass();
    set(R"({"latency_ms":0})");
    auto report = sweep(0);
    CHECK(text(report.at("example-a"), "verdict") == "complete");
    CHECK(differences().empty());
    auto verified = run_program("suivi-reconciler", {"verify", "--json"}, environment);
    CAPTURE(verified.output);
    CHECK(verified.status == 0);
    CHECK(number(json::parse(verified.output).as_object(), "checked") == known);
    CHECK(db.value(
              "select count(*) from (select from suivi.change group by order_id, field, from_value, to_value "
              "having count(*) > 1) doubled") == "0");
    CHECK(db.value("select lease_until is null from suivi.account") == "t");
  }
};

using std::chrono::milliseconds;

// Short of the limits after which a sweep gives up: it must go on and be complete.
template <class Order>
void goes_on(Order order, milliseconds length = milliseconds(0)) {
  gated_shop s;
  auto report = s.sweep_under(order, length);
  CAPTURE(json::serialize(report));
  CHECK(text(report, "verdict") == "complete");
  s.recovers();
}

} // namespace

TEST_CASE("the database's connections are cut or reset in mid-sweep and the sweep is complete") {
  goes_on([](gated_shop& s) { s.to_database.sever(); });
  goes_on([](gated_shop& s) { s.to_database.reset(); });
}

TEST_CASE("the database refuses connections for two seconds of a sweep and the sweep is complete") {
  auto order = [](gated_shop& s) {
    s.to_database.refuse();
    s.to_database.sever();
  };
  goes_on(order, milliseconds(2'000));
}

TEST_CASE("what goes to the database or comes from it stalls for two seconds and the sweep is complete") {
  for (auto direction : {way::to_server, way::to_client})
    goes_on([=](gated_shop& s) { s.to_database.stall(direction); }, milliseconds(2'000));
}

TEST_CASE("half of each connection to the database is closed in mid-sweep and the sweep is complete") {
  for (auto direction : {way::to_server, way::to_client})
    goes_on([=](gated_shop& s) { s.to_database.half_close(direction); });
}

TEST_CASE("a sweep whose database's bytes come one by one, or late, is complete") {
  goes_on([](gated_shop& s) { s.to_database.slice(); }, milliseconds(2'000));
  goes_on([](gated_shop& s) { s.to_database.delay(milliseconds(50)); }, milliseconds(2'000));
}

TEST_CASE("the answers to a sweep's COMMITs are lost again and again and every change is journaled once") {
  for (auto last : {last_piece::kept_back, last_piece::passed_on}) {
    gated_shop s;
    auto order = [&](gated_shop&) { s.to_database.cut_at(way::to_client, answer_of_commit, last, 4); };
    auto report = s.sweep_under(order, milliseconds(3'000));
    CHECK(s.to_database.sprung() == 4);
    CHECK(text(report, "verdict") == "complete");
    CHECK(s.differences().empty());
    s.recovers();
  }
}

TEST_CASE("a sweep's COMMITs are lost on their way, and it is complete") {
  gated_shop s;
  auto order = [&](gated_shop&) { s.to_database.cut_at(way::to_server, "commit", last_piece::kept_back, 3); };
  auto report = s.sweep_under(order, milliseconds(3'000));
  CHECK(text(report, "verdict") == "complete");
  CHECK(s.to_database.sprung() == 3);
  s.recovers();
}

TEST_CASE("the database stays away and the sweep ends without a claim, its account free for the next") {
  gated_shop s;
  program sweeping("suivi-reconciler", {"sweep", "--full", "--json"}, s.environment);
  wait_until("the sweep's middle", [&] { return s.requests("pages") >= 5; });
  s.to_database.refuse();
  s.to_database.sever();
  int status = sweeping.wait(std::chrono::seconds(120));
  CHECK((status == 1 || status == 3));
  CHECK(s.db.value("select full_watermark is null from suivi.account") == "t");
  s.db.execute("update suivi.account set lease_until = now()"); // as time does
  s.recovers();
}

TEST_CASE("the courier's connections are cut or reset in mid-sweep and the sweep is complete") {
  goes_on([](gated_shop& s) { s.to_courier.sever(); });
  goes_on([](gated_shop& s) { s.to_courier.reset(); });
}

TEST_CASE("the courier refuses connections for two seconds of a sweep and the sweep is complete") {
  auto order = [](gated_shop& s) {
    s.to_courier.refuse();
    s.to_courier.sever();
  };
  goes_on(order, milliseconds(2'000));
}

TEST_CASE("questions or answers stall longer than a request may take and the sweep is complete") {
  for (auto direction : {way::to_server, way::to_client})
    goes_on([=](gated_shop& s) { s.to_courier.stall(direction); }, milliseconds(2'500));
}

TEST_CASE("half of each connection to the courier is closed in mid-sweep and the sweep is complete") {
  for (auto direction : {way::to_server, way::to_client})
    goes_on([=](gated_shop& s) { s.to_courier.half_close(direction); });
}

TEST_CASE("a sweep whose courier's bytes come one by one, or late, is complete") {
  gated_shop s(few_orders);
  s.environment["SUIVI_MAYSTRO_REQUEST_TIMEOUT"] = "20s";
  s.to_courier.slice();
  s.to_courier.delay(milliseconds(20));
  CHECK(text(s.sweep(0).at("example-a"), "verdict") == "complete");
  s.recovers();
}

TEST_CASE("pages cut off in their midst are asked for again and the sweep is complete") {
  gated_shop s;
  // Fewer than a page is asked for.
  auto order = [](gated_shop& g) {
    g.to_courier.cut_at(way::to_client, "external_order_id", last_piece::kept_back, 5);
  };
  auto report = s.sweep_under(order, milliseconds(3'000));
  CHECK(text(report, "verdict") == "complete");
  CHECK(number(report, "retries") > 0);
  CHECK(s.to_courier.sprung() == 5);
  s.recovers();
}

TEST_CASE("a sweep that is told to stop while the database is frozen ends within its ten seconds") {
  gated_shop s;
  program sweeping("suivi-reconciler", {"sweep", "--full"}, s.environment);
  wait_until("the sweep's middle", [&] { return s.requests("pages") >= 5; });
  s.to_database.stall(way::to_server);
  s.to_database.stall(way::to_client);
  wait_until("a statement is under way", [&] { return s.to_database.held() > 0; });
  sweeping.signal(SIGTERM);
  CHECK(sweeping.wait(std::chrono::seconds(15)) == 0); // ten, and a slow machine's allowance
  s.recovers();
}
