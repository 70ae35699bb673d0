// Which doubts wait, when they are due, and how often one parcel is read.
#include "reconciler/plan/doubt_queue.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

instant at(int seconds) {
  return instant(std::chrono::seconds(seconds));
}

shop::wanted_read doubt(const std::string& reference, int not_before) {
  shop::wanted_read wanted;
  wanted.reference = reference;
  wanted.not_before = at(not_before);
  return wanted;
}

} // namespace

TEST_CASE("a doubt is due when a read that begins now settles it, not sooner") {
  doubt_queue doubts;
  doubts.push(doubt("A", 10));
  CHECK(doubts.take_due(at(9), 8).empty());
  CHECK(doubts.due_in(at(9), milliseconds(60'000)) == milliseconds(1'000));
  CHECK(doubts.due_in(at(9), milliseconds(200)) == milliseconds(200));
  CHECK(doubts.due_in(at(11), milliseconds(200)) == milliseconds(0));
  CHECK(doubts.take_due(at(10), 8).size() == 1);
  CHECK(doubts.empty());
}

TEST_CASE("two doubts about one parcel are one read, at the later of their times") {
  doubt_queue doubts;
  doubts.push(doubt("A", 20));
  doubts.push(doubt("A", 10));
  CHECK(doubts.take_due(at(19), 8).empty());
  CHECK(doubts.take_due(at(20), 8).size() == 1);
}

TEST_CASE("a doubt that a read begun late enough settles is not read again") {
  doubt_queue doubts;
  doubts.push(doubt("A", 10));
  CHECK(doubts.take_due(at(15), 8).size() == 1);
  doubts.push(doubt("A", 15));
  CHECK(doubts.empty());
  doubts.push(doubt("A", 16));
  CHECK_FALSE(doubts.empty());
}

TEST_CASE("one parcel is read three times at most, then it stays in doubt") {
  doubt_queue doubts;
  for (int i = 1; i <= doubt_queue::reads_of_one_max; ++i) {
    doubts.push(doubt("A", 10 * i));
    CHECK(doubts.take_due(at(10 * i), 8).size() == 1);
  }
  CHECK(doubts.unsettled().empty());
  doubts.push(doubt("A", 100));
  CHECK(doubts.empty());
  CHECK(doubts.unsettled().size() == 1);
}

TEST_CASE("no more reads begin than there is room for") {
  doubt_queue doubts;
  for (const char* reference : {"A", "B", "C"}) doubts.push(doubt(reference, 0));
  CHECK(doubts.take_due(at(1), 0).empty());
  CHECK(doubts.take_due(at(1), 2).size() == 2);
  CHECK(doubts.take_due(at(1), 2).size() == 1);
}

TEST_CASE("a courier's clock behind ours is waited for, two minutes at most") {
  doubt_queue doubts;
  doubts.push(doubt("A", 0));
  doubts.clock_behind(milliseconds(5'000));
  doubts.clock_behind(milliseconds(3'000));
  CHECK(doubts.take_due(at(4), 8).empty());
  CHECK(doubts.take_due(at(5), 8).size() == 1);
  doubts.push(doubt("B", 0));
  doubts.clock_behind(milliseconds(3'600'000));
  CHECK(doubts.take_due(at(119), 8).empty());
  CHECK(doubts.take_due(at(120), 8).size() == 1);
}

TEST_CASE("what still waits at the end stays in doubt, as does what a read failed for") {
  doubt_queue doubts;
  doubts.push(doubt("A", 10));
  doubts.read_failed(doubt("B", 10));
  doubts.close();
  CHECK(doubts.empty());
  CHECK(doubts.unsettled().size() == 2);
}

TEST_CASE("what its own settling read leaves in doubt is not read again, and is named") {
  doubt_queue doubts;
  doubts.push(doubt("A", 10));
  CHECK(doubts.take_due(at(15), 8).size() == 1);
  doubts.push(doubt("A", 0), true);
  CHECK(doubts.empty());
  REQUIRE(doubts.unsettled().size() == 1);
  CHECK(doubts.unsettled().begin()->second == "A");
  doubts.push(doubt("A", 20), true); // something newer came: another read may settle it
  CHECK(doubts.take_due(at(20), 8).size() == 1);
  CHECK(doubts.unsettled().empty());
}
