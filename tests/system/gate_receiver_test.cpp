// The receiver's two connections at their worst, one fault a test: its database's, where the spool takes over
// and is drained afterwards, and the courier's, who repeats what it got no answer to.
#include "tests/programs/gated_receiver.hpp"

#include <thread>

using namespace suivi;
using namespace suivi::test;
using way = gate::way;
using last_piece = gate::last_piece;

namespace {

const std::string answer_of_commit("COMMIT\0", 7);
const std::string answer_of_ingest("seen\0", 5); // its last column

// Stored before, acknowledged meanwhile, and as if nothing had been afterwards.
template <class Order>
void survives(Order order) {
  gated_receiver r;
  r.push_some(3);
  order(r.to_database);
  r.push_some(5);
  r.recovers();
}

// The answer to a webhook is lost; the courier sends it again.
template <class Order>
void answers_again(Order order) {
  gated_receiver r;
  r.push_some(1);
  order(*r.to_receiver);
  auto first = r.push_next();
  CHECK(first.status == 0);
  r.to_receiver->pass();
  auto again = r.push(r.last);
  CAPTURE(again.body);
  CHECK(again.status == 200);
  r.recovers();
}

} // namespace

TEST_CASE("the receiver's connections to the database are cut and webhooks are stored all the same") {
  survives([](gate& g) { g.sever(); });
}

TEST_CASE("the receiver's connections to the database are reset and webhooks are stored all the same") {
  survives([](gate& g) { g.reset(); });
}

TEST_CASE("the database refuses connections, the spool takes over and is drained afterwards") {
  gated_receiver r;
  r.push_some(3);
  r.to_database.refuse();
  r.to_database.sever();
  r.push_some(5);
  wait_until("absence noticed", [&] { return r.database_is("down"); });
  CHECK(r.push_next().body == R"({"success":true,"outcome":"spooled"})");
  CHECK(r.metric("suivi_spool_events") >= 1);
  r.recovers();
}

TEST_CASE("what goes to the database is stalled, the spool takes over and is drained afterwards") {
  gated_receiver r;
  r.push_some(3);
  r.to_database.stall(way::to_server);
  r.push_some(5);
  wait_until("absence noticed", [&] { return r.database_is("down"); });
  CHECK(r.push_next().body == R"({"success":true,"outcome":"spooled"})");
  r.recovers();
}

TEST_CASE("what the database answers is stalled, the spool takes over and nothing is doubled by the drain") {
  gated_receiver r;
  r.push_some(3);
  r.to_database.stall(way::to_client);
  r.push_some(5); // the first of them is committed as well as spooled
  wait_until("absence noticed", [&] { return r.database_is("down"); });
  r.recovers();
}

TEST_CASE("half of each connection to the database is closed and webhooks are stored all the same") {
  survives([](gate& g) { g.half_close(way::to_server); });
  survives([](gate& g) { g.half_close(way::to_client); });
}

TEST_CASE("a database whose bytes come one by one is a database") {
  gated_receiver r;
  r.to_database.slice();
  r.to_database.sever(); // the handshakes are sliced, too
  r.push_some(5);
  wait_until("the database", [&] { return r.database_is("up"); });
  CHECK(r.push_next().body.ends_with(R"("outcome":"stored"})"));
  r.recovers();
}

TEST_CASE("a database far away is waited for") {
  gated_receiver r;
  r.to_database.delay(std::chrono::milliseconds(150));
  for (int i = 0; i < 3; ++i) CHECK(r.push_next().body.ends_with(R"("outcome":"stored"})"));
  r.recovers();
}

TEST_CASE("the answer to storing webhooks is lost several times and none of them is lost or doubled") {
  gated_receiver r;
  r.push_some(1);
  for (int times : {1, 2, 5}) {
    CAPTURE(times);
    int sprung = r.to_database.sprung();
    r.to_database.cut_at(way::to_client, answer_of_ingest, last_piece::kept_back, times);
    r.push_some(1);
    wait_until("the trap", [&] { return r.to_database.sprung() == sprung + times; });
    r.recovers();
  }
}

TEST_CASE("a webhook whose storing was in doubt is applied before its lease lapses") {
  gated_receiver r;
  r.push_some(1);
  r.to_database.cut_at(way::to_client, answer_of_ingest, last_piece::kept_back);
  r.push_some(1);
  auto stored = std::chrono::steady_clock::now();
  wait_until("nothing pending",
             [&] { return r.db.value("select count(*) from suivi.waiting_event") == "0"; });
  CHECK(std::chrono::steady_clock::now() - stored < std::chrono::milliseconds(4'900)); // the lease is 5 s
  CHECK(r.to_database.sprung() == 1);
  r.recovers();
}

TEST_CASE(
    "the order to store webhooks is lost, or arrives and nothing more, and none of them is lost or doubled") {
  for (auto last : {last_piece::kept_back, last_piece::passed_on}) {
    gated_receiver r;
    r.push_some(1);
    r.to_database.cut_at(way::to_server, "inbox_ingest", last, 3);
    r.push_some(1);
    CHECK(r.to_database.sprung() >= 1);
    r.recovers();
  }
}

TEST_CASE("the answer to an applied event's COMMIT is lost and the order changes once") {
  gated_receiver r;
  r.push_some(1);
  wait_until("the first one applied",
             [&] { return r.db.value("select count(*) from suivi.waiting_event") == "0"; });
  r.to_database.cut_at(way::to_client, answer_of_commit, last_piece::kept_back, 3);
  r.push_some(3);
  wait_until("the trap", [&] { return r.to_database.sprung() >= 1; });
  r.recovers();
}

TEST_CASE("an answer that never reaches the courier is given again to its repetition") {
  answers_again([](gate& g) { g.cut_at(way::to_client, "stored", last_piece::kept_back); });
}

TEST_CASE("a webhook cut off in its body is no event and its repetition is") {
  gated_receiver r;
  r.push_some(1);
  r.to_receiver->cut_at(way::to_server, "external_order_id", last_piece::kept_back);
  auto first = r.push_next();
  CHECK(first.status == 0);
  CHECK(r.push(r.last).body.ends_with(R"("outcome":"stored"})"));
  r.recovers();
}

TEST_CASE("a courier that is reset or cut in mid-request repeats it") {
  for (bool by_reset : {true, false}) {
    gated_receiver r;
    r.push_some(1);
    r.to_receiver->stall(way::to_client);
    std::thread courier([&] { CHECK(r.push_next().status == 0); });
    wait_until("a second event", [&] { return r.db.value("select count(*) from suivi.inbox") == "2"; });
    by_reset ? r.to_receiver->reset() : r.to_receiver->sever();
    courier.join();
    r.to_receiver->pass();
    auto again = r.push(r.last);
    CHECK(again.body.ends_with(R"("outcome":"duplicate"})"));
    r.recovers();
  }
}

TEST_CASE("a courier that ends its half of the connection after its request is answered") {
  gated_receiver r;
  r.to_receiver->stall(way::to_client);
  std::thread courier([&] { CHECK(r.push_next().body.ends_with(R"("outcome":"stored"})")); });
  wait_until("its event", [&] { return r.db.value("select count(*) from suivi.inbox") == "1"; });
  r.to_receiver->half_close(way::to_server);
  r.to_receiver->pass();
  courier.join();
  r.recovers();
}

TEST_CASE("a courier whose bytes come one by one, or late, is answered") {
  gated_receiver r;
  r.to_receiver->slice();
  r.push_some(3);
  r.to_receiver->delay(std::chrono::milliseconds(300));
  r.push_some(1);
  r.recovers();
}

TEST_CASE("a courier that falls silent in mid-request is cut off, and costs no event and no connection") {
  gated_receiver r;
  r.to_receiver->stall(way::to_server);
  auto silent = http_post(r.to_receiver->url() + "/webhooks/maystro/example-secret", "{}");
  CHECK(silent.status == 0);
  CHECK(r.db.value("select count(*) from suivi.inbox") == "0");
  r.recovers();
}
