// Webhooks under way, the receiver, the worker.
#include "reconciler/doctor/collect/program_facts.hpp"
#include "tests/unit/reconciler/doctor/checks/healthy_shop.hpp"

using namespace suivi;
using namespace suivi::reconciler;
using namespace suivi::test;

TEST_CASE("webhooks in the spool are told with their number and the age of the oldest") {
  doctor_facts f = healthy();
  f.receiver = receiver_facts{"down", 7, 95s, true, 10};
  CHECK(of(f, "receiver").detail ==
        "its database is down and 7 webhook(s) are in the spool (receiver.spool), the oldest for 95s");
  f.receiver->oldest_spooled.reset();
  CHECK(of(f, "receiver").detail.ends_with("(receiver.spool)"));
}

TEST_CASE("a spool that fills up warns, and one that takes nothing fails") {
  doctor_facts f = healthy();
  f.receiver->spool_bytes = 800; // of 1,000
  CHECK(result_of(f, "spool_full") == "WARN");
  f.receiver->spool_usable = false;
  CHECK(result_of(f, "spool_full") == "FAIL");
  f.receiver->spool_usable.reset();
  CHECK_FALSE(judged(f, "spool_full"));
}

TEST_CASE("webhooks that nobody applies fail, parked ones warn after a day") {
  doctor_facts f = healthy();
  f.waiting->overdue = 1;
  CHECK(result_of(f, "events waiting") == "FAIL");
  f.waiting->parked = 2;
  CHECK(result_of(f, "parked") == "PASS");
  f.waiting->parked_long = 1;
  CHECK(result_of(f, "parked") == "WARN");
}

TEST_CASE("a receiver that does not answer warns and says where it was looked for") {
  doctor_facts f = healthy();
  f.receiver.reset();
  f.at_receiver_address = listener::nobody;
  CHECK(result_of(f, "receiver") == "WARN");
  CHECK(contains(of(f, "receiver").detail, "127.0.0.1:8080"));
  f.at_receiver_address = listener::stranger;
  CHECK(contains(of(f, "receiver").detail, "is no receiver"));
}

TEST_CASE("a worker is there by its sign of life, wherever it listens") {
  doctor_facts f = healthy();
  f.at_reconciler_address = listener::nobody;
  CHECK(result_of(f, "no_reconciler") == "PASS");
  CHECK(of(f, "no_reconciler").detail == "at work: host:7");
}

TEST_CASE("a worker that died fails with how long ago, and one that was just stopped only warns") {
  doctor_facts f = healthy();
  f.at_reconciler_address = listener::nobody;
  f.workers->front().last_sign = noon - 5 * 24h;
  CHECK(result_of(f, "no_reconciler") == "FAIL");
  CHECK(contains(of(f, "no_reconciler").detail, "5 days ago"));
  f.workers->front() = {"host:7", noon - 3min, true};
  CHECK(result_of(f, "no_reconciler") == "WARN");
  f.workers->front() = {"host:7", noon - 3h, true};
  CHECK(result_of(f, "no_reconciler") == "FAIL");
  f.workers->clear();
  CHECK(result_of(f, "no_reconciler") == "WARN"); // sweeps may be run by hand
}

TEST_CASE("a stranger at the worker's address is no worker") {
  doctor_facts f = healthy();
  f.at_reconciler_address = listener::stranger;
  CHECK(result_of(f, "no_reconciler") == "WARN"); // the worker is elsewhere
  f.workers->front().last_sign = noon - 1h;
  CHECK(result_of(f, "no_reconciler") == "FAIL");
  CHECK(contains(of(f, "no_reconciler").detail, "what answers at 127.0.0.1:8081 is no worker"));
}

TEST_CASE("a worker that answers here and shows itself in another database is told") {
  doctor_facts f = healthy();
  f.workers->clear();
  CHECK(result_of(f, "no_reconciler") == "WARN");
  CHECK(contains(of(f, "no_reconciler").remedy, "database.url"));
}

TEST_CASE("who answers is known by its readiness") {
  CHECK(is_worker(R"({"database":"up"})"));
  CHECK_FALSE(is_worker(R"({"database":"up","spooled":0})"));
  CHECK_FALSE(is_worker(R"({"success":true})"));
  CHECK_FALSE(is_worker("<html>"));
  CHECK_FALSE(is_worker(""));
  CHECK(read_receiver(R"({"database":"down","spooled":3})")->spooled == 3);
  CHECK_FALSE(read_receiver(R"({"database":"up"})"));
  CHECK_FALSE(read_receiver(R"({"database":"great","spooled":3})"));
}

TEST_CASE("the spool's figures are read of whole lines of the metrics") {
  receiver_facts r;
  r.spooled = 1;
  read_spool(
      "# HELP suivi_spool_bytes What they take.\nsuivi_spool_bytes 42\nsuivi_spool_oldest_seconds 7.5\n"
      "suivi_spool_usable 0\n",
      r);
  CHECK(r.spool_bytes == 42);
  CHECK(r.oldest_spooled == 7s);
  CHECK(r.spool_usable == false);
  receiver_facts none;
  read_spool("nothing of the kind", none);
  CHECK_FALSE(none.spool_usable);
}

TEST_CASE("a program that listens everywhere is asked on the loopback") {
  CHECK(address_to_ask("0.0.0.0:8080") == "127.0.0.1:8080");
  CHECK(address_to_ask("[::]:8080") == "[::1]:8080");
  CHECK(address_to_ask("10.0.0.7:8080") == "10.0.0.7:8080");
}
