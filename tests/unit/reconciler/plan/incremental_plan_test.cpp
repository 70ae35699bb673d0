// The plan of incremental sweeps, told literal sequences of answers.
#include "reconciler/plan/incremental_plan.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const instant noon = parse_instant("2026-01-10T12:00:00Z").value();

// A courier's list, newest first: row n was created n minutes after noon. Pages of ten.
struct newest_list {
  std::vector<int> rows;
  std::set<int> broken;
  bool counts = true;
  bool tells_times = true;
  bool paged = true;
  std::optional<std::int64_t> says; // another count than the true one
  std::set<int> empty;

  static newest_list of(int newest, int oldest) {
    newest_list l;
    for (int n = newest; n >= oldest; --n) l.rows.push_back(n);
    return l;
  }
};

struct newest_reader {
  incremental_plan plan;
  newest_list list;
  std::set<int> got;
  std::vector<int> requested;

  newest_reader(newest_list l, instant horizon, std::int64_t max_orders = 0)
      : plan(horizon, max_orders), list(std::move(l)) {}

  void step() {
    int page = plan.next().value();
    CHECK_FALSE(plan.next()); // one at a time
    requested.push_back(page);
    if (list.broken.contains(page)) return plan.unreadable(page);
    std::size_t from = static_cast<std::size_t>(page - 1) * 10;
    if (!list.paged) from = 0;
    if (from >= list.rows.size() && page > 1) return plan.past_end(page);
    std::size_t to = std::min(list.rows.size(), from + 10);
    std::vector<listed_row> rows;
    for (std::size_t i = from; i < to; ++i) {
      listed_row row;
      row.hash = static_cast<std::uint64_t>(list.rows[i] + 100'000) * 1000003u * 1024u;
      if (list.tells_times) row.created_at = noon + minutes(list.rows[i]);
      rows.push_back(row);
    }
    page_facts facts;
    if (list.counts) facts.count = list.says.value_or(static_cast<std::int64_t>(list.rows.size()));
    facts.has_next = list.counts && to < list.rows.size();
    if (list.empty.contains(page)) to = from, rows.clear();
    std::size_t wanted = plan.read(page, facts, rows);
    for (std::size_t i = from; i < from + wanted; ++i) got.insert(list.rows[i]);
  }
  void run() {
    for (int guard = 0; !plan.done() && guard < 10'000; ++guard) step();
    REQUIRE(plan.done());
  }
};

} // namespace

TEST_CASE("where nothing is new one page is read") {
  newest_reader r(newest_list::of(-60, -2000), noon);
  r.run();
  CHECK(r.requested == std::vector<int>{1});
  CHECK(r.plan.judge().complete);
  CHECK_FALSE(r.plan.judge().truncated);
  CHECK(r.plan.judge().reason.empty());
}

TEST_CASE("pages are read until a whole one is older than the horizon") {
  newest_reader r(newest_list::of(24, -2000), noon);
  r.run();
  CHECK(r.requested == std::vector<int>{1, 2, 3, 4}); // 24…15, 14…5, 4…-5, -6…
  for (int n = 0; n <= 24; ++n) CHECK(r.got.contains(n));
  CHECK(r.plan.judge().complete);
  CHECK(r.plan.pages() == 4);
}

TEST_CASE("a list that is not newest first says nothing of what is new") {
  newest_reader r(newest_list::of(-60, -2000), noon);
  std::swap(r.list.rows[2], r.list.rows[9]);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.judge().reason ==
        "the courier's list is not newest first: only a full sweep sees what is new");
}

namespace {

// Ten rows of a page, the first of them `first` seconds after noon, `step` seconds from one to the next.
std::vector<listed_row> page_of_moment(int page, int first, int step) {
  std::vector<listed_row> rows;
  for (int i = 0; i < 10; ++i)
    rows.push_back({static_cast<std::uint64_t>(page * 100 + i) * 1000003u * 1024u,
                    noon + std::chrono::seconds(first + i * step)});
  return rows;
}

} // namespace

TEST_CASE("where page 1 was made within a minute and does not fall the next page tells the list's order") {
  incremental_plan plan(noon + hours(1), 0);
  REQUIRE(plan.next() == 1);
  int step = 0;
  SUBCASE("all at once") {}
  SUBCASE("one after the other") {
    step = 2;
  }
  plan.read(1, {30, 0, true}, page_of_moment(1, 0, step));
  REQUIRE_FALSE(plan.done());
  REQUIRE(plan.next() == 2);
  SUBCASE("older ones follow: nothing is new") {
    plan.read(2, {30, 0, true}, page_of_moment(2, -600, -3));
    REQUIRE(plan.done());
    CHECK(plan.judge().complete);
  }
  SUBCASE("newer ones follow: it is the list's other end") {
    plan.read(2, {30, 0, true}, page_of_moment(2, 30, 2));
    REQUIRE(plan.done());
    CHECK_FALSE(plan.judge().complete);
    CHECK(plan.judge().reason ==
          "the courier's list is not newest first: only a full sweep sees what is new");
  }
  SUBCASE("as many of the same moment follow, and newer ones behind them") {
    plan.read(2, {30, 0, true}, page_of_moment(2, 0, step));
    REQUIRE_FALSE(plan.done());
    REQUIRE(plan.next() == 3);
    plan.read(3, {30, 0, true}, page_of_moment(3, 30, 2));
    REQUIRE(plan.done());
    CHECK_FALSE(plan.judge().complete);
    CHECK(plan.judge().reason ==
          "the courier's list is not newest first: only a full sweep sees what is new");
  }
}

TEST_CASE("rows inserted while it reads are read twice and never skipped") {
  newest_reader r(newest_list::of(34, -200), noon);
  for (int n = 35; !r.plan.done(); ++n) {
    r.step();
    r.list.rows.insert(r.list.rows.begin(), n);
  }
  CHECK(r.plan.judge().complete);
  for (int n = 0; n <= 34; ++n) CHECK(r.got.contains(n));
}

TEST_CASE("after rows went away it begins anew, and after three rounds it says so") {
  newest_reader r(newest_list::of(34, -200), noon);
  r.step();
  r.list.rows.erase(r.list.rows.begin(), r.list.rows.begin() + 5);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.requested[2] == 1);
  for (int n = 0; n <= 29; ++n) CHECK(r.got.contains(n));

  newest_reader shrinking(newest_list::of(34, -200), noon);
  while (!shrinking.plan.done()) {
    shrinking.step();
    shrinking.list.rows.erase(shrinking.list.rows.begin());
  }
  CHECK_FALSE(shrinking.plan.judge().complete);
  CHECK(shrinking.plan.judge().reason.find("rows went away") == 0);
}

TEST_CASE("a page that cannot be read makes it incomplete and the next are read") {
  newest_reader r(newest_list::of(24, -2000), noon);
  r.list.broken = {2};
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.judge().reason == "1 page(s) could not be read: 2");
  CHECK(r.requested == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("a courier that answers nothing is not asked for every page") {
  newest_reader r(newest_list::of(24, -2000), noon);
  for (int page = 1; page < 300; ++page) r.list.broken.insert(page);
  r.run();
  CHECK(r.requested.size() == 3);
  CHECK_FALSE(r.plan.judge().complete);
}

TEST_CASE("a list that ends before the horizon must be whole") {
  newest_reader young(newest_list::of(24, 1), noon);
  young.run();
  CHECK(young.plan.judge().complete);
  CHECK(young.requested == std::vector<int>{1, 2, 3});

  incremental_plan lying(noon, 0);
  CHECK(lying.next() == 1);
  listed_row row{1024, noon + minutes(1)};
  lying.read(1, page_facts{40, 0, false, {}}, std::span(&row, 1)); // forty, it says, and no next page
  CHECK(lying.next() == 2);
  lying.past_end(2);
  REQUIRE(lying.done());
  CHECK_FALSE(lying.judge().complete);
  CHECK(lying.judge().reason == "read 1 rows where the courier counts 40");
}

TEST_CASE("where the courier counts nothing and names no next page it goes on until a page is older") {
  newest_list l = newest_list::of(24, -2000);
  l.counts = false;
  newest_reader r(l, noon);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.got.contains(1));
  CHECK(r.requested ==
        std::vector<int>{1, 2, 3, 4, 1, 2, 3, 4}); // twice, for a removal shows in nothing else

  newest_list idle = newest_list::of(-60, -2000);
  idle.counts = false;
  newest_reader quiet(idle, noon);
  quiet.run();
  CHECK(quiet.plan.judge().complete);
  CHECK(quiet.requested == std::vector<int>{1});

  newest_list unpaged = newest_list::of(5, 1); // all of it, whatever page is asked for
  unpaged.counts = false;
  unpaged.paged = false;
  newest_reader whole(unpaged, noon);
  whole.run();
  CHECK(whole.plan.judge().complete);
  CHECK(whole.got.size() == 5);
}

TEST_CASE("a count lower than the rows that the pages show hides no removal") {
  newest_list l = newest_list::of(24, -2000);
  l.says = 10; // the rows of one page
  newest_reader still(l, noon);
  still.run();
  CHECK(still.plan.judge().complete);
  CHECK(still.requested == std::vector<int>{1, 2, 3, 4, 1, 2, 3, 4});
  newest_reader moving(l, noon);
  for (int guard = 0; !moving.plan.done() && guard < 100; ++guard) {
    moving.step();
    moving.list.rows.erase(moving.list.rows.begin());
  }
  CHECK_FALSE(moving.plan.judge().complete);
}

TEST_CASE("an empty page that names a next one makes it incomplete, and the next are read") {
  newest_list l = newest_list::of(24, -2000);
  l.empty = {2};
  newest_reader r(l, noon);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.judge().reason == "1 page(s) could not be read: 2");
  CHECK(r.got.contains(1));
}

TEST_CASE("an empty list is complete, and no page 1 is not") {
  incremental_plan empty(noon, 0);
  empty.next();
  empty.read(1, page_facts{0, 0, false, {}}, {});
  CHECK(empty.judge().complete);
  incremental_plan wrong(noon, 0);
  wrong.next();
  wrong.past_end(1);
  CHECK_FALSE(wrong.done());
}

TEST_CASE("the newest N are enough where so many are asked for") {
  newest_reader r(newest_list::of(100, -200), noon, 25);
  r.run();
  CHECK(r.got.size() == 25);
  CHECK(r.plan.judge().complete);
  CHECK(r.plan.judge().truncated);
  CHECK(r.plan.judge().reason == "newest 25");
}

TEST_CASE("rows that do not say when they were created end it before long") {
  newest_reader r(newest_list::of(100, -2000), noon);
  r.list.tells_times = false;
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.requested.size() == 10);
}

TEST_CASE("a courier that ignores the page's number ends it before long") {
  incremental_plan plan(noon, 0);
  listed_row row{1024, noon + minutes(1)};
  int requested = 0;
  while (auto page = plan.next()) {
    ++requested;
    plan.read(*page, page_facts{std::nullopt, 0, true, {}}, std::span(&row, 1));
  }
  CHECK(requested == 4);
  CHECK_FALSE(plan.judge().complete);
}

TEST_CASE("it reaches back to the last complete sweep and a little further, or a day") {
  CHECK(incremental_horizon(hours(3), noon) == noon - hours(3) - minutes(30));
  CHECK(incremental_horizon(std::nullopt, noon) == noon - hours(24));
  CHECK(incremental_horizon(milliseconds(0), noon) == noon - minutes(30));
  CHECK(incremental_horizon(-hours(1), noon) == noon - minutes(30)); // a clock that was set back
}

TEST_CASE("where the courier's clock is behind ours the horizon is as far behind") {
  for (bool behind : {false, true}) {
    incremental_plan plan(noon, 0);
    REQUIRE(plan.next() == 1);
    std::vector<listed_row> rows;
    for (int n = 0; n < 10; ++n)
      rows.push_back({static_cast<std::uint64_t>(n + 1) * 1'000'003u, noon - minutes(20 + n)});
    page_facts facts{30, 0, true};
    if (behind) facts.clock_behind = minutes(45);
    plan.read(1, facts, rows);
    CHECK(plan.done() == !behind);
  }
}

TEST_CASE("a list of which few rows say when they were made ends at no horizon before its order is shown") {
  incremental_plan plan(noon, 0);
  REQUIRE(plan.next() == 1);
  std::vector<listed_row> rows;
  for (int n = 0; n < 10; ++n) rows.push_back({static_cast<std::uint64_t>(n + 1) * 1'000'003u * 1024u, {}});
  rows[2].created_at = noon - hours(5);
  rows[7].created_at = noon - hours(9); // older, as half of all pairs are in a list in no order
  plan.read(1, {30, 0, true}, rows);
  REQUIRE_FALSE(plan.done());
  REQUIRE(plan.next() == 2);
  SUBCASE("the next page shows it") {
    plan.read(2, {30, 0, true}, page_of_moment(2, -100'000, -60));
    REQUIRE(plan.done());
    CHECK(plan.judge().complete);
  }
  SUBCASE("the next page has what is new") {
    plan.read(2, {30, 0, true}, page_of_moment(2, 600, -3));
    REQUIRE(plan.done());
    CHECK_FALSE(plan.judge().complete);
  }
}

TEST_CASE("a courier that ignores the page's number and dates hardly a row ends it before long") {
  incremental_plan plan(noon, 0);
  listed_row row{1024, noon - minutes(1)};
  int requested = 0;
  while (auto page = plan.next()) {
    ++requested;
    REQUIRE(requested < 10);
    plan.read(*page, page_facts{std::nullopt, 0, true, {}}, std::span(&row, 1));
  }
  CHECK_FALSE(plan.judge().complete);
}
