// The book must see what it is there to see: an event that was lost, doubled, or another than the one named.
#include "tests/ledger/book.hpp"

#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::ledger;

namespace {

struct written {
  written() {
    for (int i = 0; i < 300; ++i) all.push_back(pages.compose(random));
  }
  // Every message in its place, acknowledged under the id it has.
  void all_well() {
    for (const auto& m : all) {
      pages.acknowledge(m.number, {"stored", 1000 + m.number});
      pages.find(1000 + m.number, m.body);
    }
  }
  std::minstd_rand random{1};
  book pages{5, 10};
  std::vector<message> all;
};

} // namespace

TEST_CASE("messages have bodies and times of their own and are of every kind") {
  written w;
  std::set<std::string> bodies;
  std::set<instant> times;
  std::map<kind, int> kinds;
  std::map<std::string, int> orders;
  for (const auto& m : w.all) {
    bodies.insert(m.body);
    ++kinds[m.form];
    ++orders[m.reference];
    if (m.form == kind::timed) CHECK(times.insert(m.published).second);
  }
  CHECK(bodies.size() == w.all.size());
  CHECK(kinds.size() == 4);
  CHECK(kinds[kind::untimed] == 10); // then there is no order left for another
  for (int n = 1; n <= 10; ++n) CHECK(orders["U" + std::to_string(n)] == 1);
}

TEST_CASE("a book in which everything was found once has nothing to say") {
  written w;
  w.all_well();
  auto v = w.pages.judge();
  CHECK(v.sent == 300);
  CHECK(v.found == 300);
  CHECK(v.acknowledged["stored"] == 300);
  CHECK(v.lost.empty());
  CHECK(v.doubled.empty());
  CHECK(v.misnamed.empty());
  CHECK(v.strangers == 0);
}

TEST_CASE("an acknowledged message that is not found is lost and an unacknowledged one is not") {
  written w;
  w.pages.acknowledge(7, {"spooled", {}});
  CHECK(w.pages.judge().lost == std::vector<std::int64_t>{7});
  w.pages.find(1, w.all[6].body);
  w.pages.find(2, w.all[7].body);
  CHECK(w.pages.judge().lost.empty());
  CHECK(w.pages.judge().found == 2);
  w.pages.forget_found();
  CHECK(w.pages.judge().lost == std::vector<std::int64_t>{7});
}

TEST_CASE("two events with one body are a doubled message, and an unknown body is a stranger") {
  written w;
  w.all_well();
  w.pages.find(5000, w.all[2].body);
  w.pages.find(5001, "of somebody else");
  CHECK(w.pages.judge().doubled == std::vector<std::int64_t>{3});
  CHECK(w.pages.judge().strangers == 1);
}

TEST_CASE("a receipt that names another event than the message's is seen, a duplicate's too") {
  written w;
  w.all_well();
  w.pages.acknowledge(9, {"duplicate", 1009});
  CHECK(w.pages.judge().misnamed.empty());
  w.pages.acknowledge(9, {"duplicate", 1010});
  CHECK(w.pages.judge().misnamed == std::vector<std::int64_t>{9});
}

TEST_CASE("an order shows the newest message that arrived, whatever was sent after it") {
  written w;
  std::vector<message> of_one;
  for (const auto& m : w.all)
    if (m.reference == "R1") of_one.push_back(m);
  REQUIRE(of_one.size() > 3);
  w.pages.find(1, of_one[2].body);
  w.pages.find(2, of_one[0].body);
  auto statuses = w.pages.expected_orders();
  CHECK(statuses.size() == 1);
  CHECK(statuses["R1"] == of_one[2].status);
}

TEST_CASE("a delivery's events are messages of their own, each under the body that is stored of it") {
  written w;
  std::map<kind, int> kinds;
  std::set<std::string> bodies;
  std::set<instant> times;
  std::vector<message> of_one;
  for (int i = 0; i < 200; ++i) {
    delivery one = w.pages.compose_delivery(w.random);
    CHECK(one.events.size() <= 4);
    for (const message& m : one.events) {
      ++kinds[m.form];
      CHECK(bodies.insert(m.body).second);
      CHECK(times.insert(m.published).second);
      if (m.reference == "G1") of_one.push_back(m);
    }
  }
  CHECK(kinds.size() == 4);
  REQUIRE(of_one.size() > 2);
  w.pages.find(1, of_one[1].body);
  w.pages.find(2, of_one[0].body);
  CHECK(w.pages.expected_orders()["G1"] == of_one[1].status);
  CHECK(w.pages.judge().strangers == 0);
}

TEST_CASE("an order of another courier's account that a message names shows nothing of it") {
  written w;
  message crossing;
  while (crossing.form != kind::crossing)
    for (const message& m : w.pages.compose_delivery(w.random).events)
      if (m.form == kind::crossing) crossing = m;
  w.pages.find(1, crossing.body);
  CHECK(w.pages.expected_orders() == std::map<std::string, std::string>{{crossing.reference, ""}});
}
