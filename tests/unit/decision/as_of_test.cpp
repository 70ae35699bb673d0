// Which observation is newer: every pair of shapes.
#include "common/decision/as_of.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace suivi;
using namespace suivi::shop;
using std::chrono::minutes;

namespace {

constexpr instant noon = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + std::chrono::hours(12);

instant at(int s) {
  return noon + seconds(s);
}
as_of webhook(int published) {
  return {as_of::shape::point, at(published), at(published)};
}
as_of untimed(int received) {
  return {as_of::shape::untimed, at(received), at(received)};
}
as_of pull(int from, int to) {
  return {as_of::shape::interval, at(from), at(to)};
}

} // namespace

TEST_CASE("a pull beats a webhook published at or before its start") {
  CHECK(compare(webhook(9), pull(10, 12)) == relation::newer);
  CHECK(compare(webhook(10), pull(10, 12)) == relation::newer);
  CHECK(compare(pull(10, 12), webhook(10)) == relation::older);
}

TEST_CASE("a webhook published after a pull had ended beats it") {
  CHECK(compare(pull(10, 12), webhook(13)) == relation::newer);
  CHECK(compare(webhook(13), pull(10, 12)) == relation::older);
}

TEST_CASE("a webhook published while a pull was under way is in doubt, whichever came first") {
  for (int published : {11, 12}) {
    CHECK(compare(pull(10, 12), webhook(published)) == relation::doubt);
    CHECK(compare(webhook(published), pull(10, 12)) == relation::doubt);
  }
}

TEST_CASE("between two webhooks the later publishing wins and equal times are in doubt") {
  CHECK(compare(webhook(1), webhook(2)) == relation::newer);
  CHECK(compare(webhook(2), webhook(1)) == relation::older);
  CHECK(compare(webhook(2), webhook(2)) == relation::doubt);
}

TEST_CASE("a webhook that its own stamp calls the later one is in doubt where our clock, when it came, was "
          "behind") {
  as_of known = as_kept(webhook_time(at(100), at(101)));
  CHECK(compare(known, webhook_time(at(110), at(40))) == relation::doubt); // of a receiver a minute behind
  CHECK(compare(known, webhook_time(at(90), at(40))) == relation::older);
  CHECK(compare(known, webhook_time(at(110), at(111))) == relation::newer);
}

TEST_CASE("between two pulls the one that began and ended later wins, however much they overlap") {
  CHECK(compare(pull(10, 30), pull(11, 31)) == relation::newer);
  CHECK(compare(pull(11, 31), pull(10, 30)) == relation::older);
  CHECK(compare(pull(10, 30), pull(11, 30)) == relation::newer);
  CHECK(compare(pull(10, 12), pull(10, 13)) == relation::doubt);
}

TEST_CASE("a pull that lies within another is in doubt, for the longer one may have been answered last") {
  CHECK(compare(pull(10, 30), pull(11, 12)) == relation::doubt);
  CHECK(compare(pull(11, 12), pull(10, 30)) == relation::doubt);
}

TEST_CASE("a pull by a clock behind the courier's is no older than one before it by a clock that is right") {
  milliseconds lag{2'000};
  as_of right = pull_time(at(100), at(101), at(100), lag);
  as_of later = pull_time(at(90), at(91), at(110), lag); // ten seconds later, by a clock that is 20 s behind
  CHECK(compare(right, later) == relation::doubt);
  CHECK(compare(later, right) == relation::doubt);
  as_of much_later = pull_time(at(102), at(103), at(122), lag);
  CHECK(compare(right, much_later) == relation::newer);
}

TEST_CASE("an untimed webhook counts as of its receipt but never beats a pull for certain") {
  CHECK(compare(pull(10, 12), untimed(10)) == relation::older);
  CHECK(compare(pull(10, 12), untimed(11)) == relation::doubt);
  CHECK(compare(pull(10, 12), untimed(13)) == relation::newer);
  CHECK(compare(untimed(9), pull(10, 12)) == relation::newer);
  CHECK(compare(untimed(13), pull(10, 12)) == relation::doubt);
}

TEST_CASE("a timed webhook beats an untimed one only if published after its receipt") {
  CHECK(compare(untimed(10), webhook(11)) == relation::newer);
  CHECK(compare(untimed(10), webhook(9)) == relation::doubt);
  CHECK(compare(webhook(9), untimed(10)) == relation::newer);
  CHECK(compare(webhook(11), untimed(10)) == relation::older);
}

TEST_CASE("an observation of unknown time is older than all others") {
  as_of unknown;
  CHECK(compare(webhook(1), unknown) == relation::older);
  CHECK(compare(unknown, webhook(1)) == relation::newer);
  CHECK(compare(unknown, unknown) == relation::doubt);
}

TEST_CASE("a publishing more than five minutes ahead of its receipt counts as none") {
  CHECK(webhook_time(noon + minutes(5), noon).kind == as_of::shape::point);
  CHECK(webhook_time(noon + minutes(6), noon).kind == as_of::shape::untimed);
  CHECK(webhook_time(std::nullopt, noon).to == noon);
}

TEST_CASE("a pull begins at the earlier clock less the lag of the API") {
  CHECK(pull_time(at(100), at(102), std::nullopt, seconds(10)) == pull(90, 102));
  CHECK(pull_time(at(100), at(102), at(200), seconds(10)) == pull(90, 201));
  CHECK(pull_time(at(100), at(102), at(50), seconds(10)) == pull(38, 102)); // their clock is behind ours
}

TEST_CASE("of two pulls within one second of the courier's clock the later start is the newer, however long "
          "they took") {
  using std::chrono::milliseconds;
  as_of quick = pull_time(at(100) + milliseconds(200), at(100) + milliseconds(210), at(100), seconds(0));
  as_of slow = pull_time(at(100) + milliseconds(300), at(100) + milliseconds(900), at(100), seconds(0));
  CHECK(compare(quick, slow) == relation::newer);
  CHECK(compare(slow, quick) == relation::older);
}

TEST_CASE("a doubt is settled by a read that began after the webhook and the lag") {
  instant settled = settled_by_read_from(pull(10, 12), webhook(11), seconds(10));
  as_of read = pull_time(settled, settled + seconds(1), std::nullopt, seconds(10));
  CHECK(compare(webhook(11), read) == relation::newer);
  CHECK(compare(pull(10, 12), read) == relation::newer);
}

TEST_CASE(
    "a doubt between two pulls is settled by one that began later by either clock, unless that is far off") {
  as_of known = pull(30, 31), observed = pull(10, 41); // by a clock that is behind
  instant settled = settled_by_read_from(known, observed, seconds(10));
  as_of read = pull_time(settled, settled + seconds(1), settled + seconds(30), seconds(10));
  CHECK(compare(known, read) == relation::newer);
  CHECK(compare(observed, read) == relation::newer);
  CHECK(settled_by_read_from(pull(1'000, 1'001), observed, seconds(10)) == instant{});
}

TEST_CASE("what is known of two that agree is newer only than what both are and gives way only to what beats "
          "both") {
  std::vector<as_of> all;
  for (int from = 0; from < 7; ++from) {
    all.push_back(webhook(from));
    all.push_back(untimed(from));
    for (int to = from; to < 7; ++to) all.push_back(pull(from, to));
  }
  int pairs = 0, overwritten_by_older = 0, given_up_though_newer = 0;
  auto check = [&](const std::vector<as_of>& reported, const as_of& known) {
    for (const as_of& later : all) {
      bool beats_all = true, beaten = false;
      for (const as_of& one : reported) {
        beats_all = beats_all && compare(one, later) == relation::newer;
        beaten = beaten || compare(one, later) == relation::older;
        // What began before the one of two pulls and ended before the other counts as older than both.
        for (const as_of& other : reported)
          beaten = beaten ||
                   (later.kind == as_of::shape::interval && later.from < one.from && later.to <= other.to);
      }
      relation said = compare(known, later);
      if (said == relation::newer && !beats_all) ++overwritten_by_older;
      if (said == relation::older && !beaten) ++given_up_though_newer;
    }
  };
  for (const as_of& first : all)
    for (const as_of& second : all) {
      if (compare(first, second) != relation::doubt) continue;
      ++pairs;
      as_of two = agreed(first, second);
      check({first, second}, two);
      for (const as_of& third : all)
        if (compare(two, third) == relation::doubt) check({first, second, third}, agreed(two, third));
    }
  CHECK(pairs > 100);
  CHECK(overwritten_by_older == 0);
  CHECK(given_up_though_newer == 0);
}

TEST_CASE("of two that agree the newer counts and the older changes nothing") {
  CHECK(agreed(webhook(1), pull(2, 3)) == pull(2, 3));
  CHECK(agreed(pull(2, 3), webhook(4)) == webhook(4));
  CHECK(agreed(as_of{}, webhook(4)) == webhook(4));
  CHECK(agreed(webhook(4), webhook(4)) == webhook(4));
}

TEST_CASE("a webhook from the future is worth its time of receipt, far from the future it has no time") {
  CHECK(as_kept(webhook_time(at(200), at(10))) == webhook(10));
  CHECK(webhook_time(at(9), at(10)) == webhook(9));
  CHECK(webhook_time(at(311), at(10)) == untimed(10));
}

TEST_CASE("a webhook that a receiver takes whose clock is behind is never older than a pull that it may have "
          "followed") {
  as_of sweep = pull_time(at(100), at(101), at(100), seconds(10));
  as_of webhook_after = webhook_time(at(105), at(85)); // by a clock that is 20 s behind
  CHECK(compare(sweep, webhook_after) == relation::doubt);
  CHECK(compare(sweep, webhook_time(at(85), at(85))) == relation::older);
  CHECK(compare(sweep, webhook_time(at(89), at(70))) == relation::older);
  as_of kept = as_kept(webhook_after);
  CHECK(compare(kept, pull(86, 96)) == relation::newer);
  CHECK(agreed(kept, webhook_after) == kept);
}

TEST_CASE("a pull's interval spans our clock and the courier's") {
  milliseconds lag{2'000};
  CHECK(pull_time(at(10), at(11), std::nullopt, lag) == pull(8, 11));
  CHECK(pull_time(at(10), at(11), at(10), lag) == pull(8, 11));
  CHECK(pull_time(at(10), at(11), at(0), lag) == pull(-3, 11));
  CHECK(pull_time(at(10), at(11), at(30), lag) == pull(8, 31));
}

TEST_CASE("a webhook stamped by a courier's clock ahead of ours is no reason to call a pull stale") {
  as_of sweep = pull_time(at(10), at(11), at(30), milliseconds(2'000)); // our clock is 20 s behind
  CHECK(compare(webhook(29), sweep) == relation::doubt);
  CHECK(compare(sweep, webhook(29)) == relation::doubt);
}
