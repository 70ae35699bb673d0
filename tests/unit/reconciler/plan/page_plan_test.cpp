// The page planner, told literal sequences of answers.
#include "reconciler/plan/page_plan.hpp"

#include <algorithm>
#include <deque>
#include <doctest/doctest.h>
#include <set>
#include <string>
#include <vector>

using namespace suivi::reconciler;

namespace {

// A courier's list of numbered rows that a test may change while it is read. Row n has the hash n * 1000003 *
// 128.
struct courier_list {
  std::vector<int> rows;
  std::size_t size = 20;
  bool counts = true;
  std::optional<std::int64_t> says; // another count than the true one
  std::set<int> broken;

  static courier_list of(int first, int last) {
    courier_list l;
    for (int i = first; i <= last; ++i) l.rows.push_back(i);
    return l;
  }
};

std::uint64_t hash_of(int row) {
  return static_cast<std::uint64_t>(row) * 1000003u * 128u;
}

// Rows of 1000 and beyond are those that a test inserts while the list is read.
const suivi::instant begun{std::chrono::hours(500'000)};
suivi::instant created(int row) {
  return begun + std::chrono::seconds(row < 1000 ? -row : row);
}

struct reader {
  page_plan plan;
  courier_list list;
  std::set<int> got;
  std::vector<int> requested;

  reader(courier_list l, std::int64_t max_orders = 0, bool is_frugal = false)
      : plan(max_orders, is_frugal), list(std::move(l)) {}

  void answer(int page) {
    if (list.broken.contains(page)) return plan.unreadable(page);
    std::size_t from = static_cast<std::size_t>(page - 1) * list.size;
    if (from >= list.rows.size() && page > 1) return plan.past_end(page);
    std::size_t to = std::min(list.rows.size(), from + list.size);
    std::vector<listed_row> rows;
    for (std::size_t i = from; i < to; ++i) rows.push_back({hash_of(list.rows[i]), created(list.rows[i])});
    page_facts facts;
    facts.as_of = begun;
    if (list.counts) facts.count = list.says.value_or(static_cast<std::int64_t>(list.rows.size()));
    facts.has_next = list.counts && to < list.rows.size();
    std::size_t wanted = plan.read(page, facts, rows);
    for (std::size_t i = from; i < from + wanted; ++i) got.insert(list.rows[i]);
  }

  // Reads on, `in_flight` pages side by side, answered in the order of asking; `after(n)` runs after the n-th
  // answer.
  template <class After>
  void run(std::size_t in_flight, After after) {
    std::deque<int> flying;
    int answers = 0;
    for (int guard = 0; !plan.done() && guard < 100'000; ++guard) {
      while (flying.size() < in_flight) {
        auto page = plan.next();
        if (!page) break;
        requested.push_back(*page);
        flying.push_back(*page);
      }
      REQUIRE_FALSE(flying.empty());
      int page = flying.front();
      flying.pop_front();
      answer(page);
      after(++answers);
    }
    REQUIRE(plan.done());
  }
  void run(std::size_t in_flight = 4) {
    run(in_flight, [](int) {});
  }
};

} // namespace

TEST_CASE("a list of one page takes one request") {
  reader r(courier_list::of(1, 7));
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.plan.judge().reason == "");
  CHECK(r.requested == std::vector<int>{1});
}

TEST_CASE("an empty list is complete") {
  reader r(courier_list{});
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.requested == std::vector<int>{1});
}

TEST_CASE("where requests are counted every page is read once, unless the list moved or is cut") {
  reader r(courier_list::of(1, 95), 0, true);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.got.size() == 95);
  CHECK(r.requested == std::vector<int>{1, 2, 3, 4, 5});
  reader moved(courier_list::of(1, 95), 0, true);
  moved.run(4, [&](int answers) {
    if (answers == 2) moved.list.rows.insert(moved.list.rows.begin(), 1000);
  });
  CHECK(moved.plan.judge().complete);
  CHECK(moved.got.contains(95));
  reader truncated(courier_list::of(1, 95), 40, true);
  truncated.run();
  CHECK(truncated.plan.judge().truncated);
  CHECK(truncated.requested.size() > 2);
}

TEST_CASE("every page is read once and page 1 once more") {
  reader r(courier_list::of(1, 95));
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.got.size() == 95);
  CHECK(r.requested == std::vector<int>{1, 2, 3, 4, 5, 1});
  CHECK(r.plan.pages() == 5);
}

TEST_CASE("the page size is what the courier sends") {
  courier_list l = courier_list::of(1, 95);
  l.size = 50;
  reader r(l);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.got.size() == 95);
}

TEST_CASE("an insertion while pages are in flight loses no row") {
  for (int when = 1; when <= 8; ++when) {
    for (std::size_t in_flight = 1; in_flight <= 6; ++in_flight) {
      reader r(courier_list::of(1, 120));
      r.run(in_flight, [&](int answers) {
        if (answers == when) r.list.rows.insert(r.list.rows.begin(), 1000);
      });
      CAPTURE(when);
      CAPTURE(in_flight);
      CHECK(r.plan.judge().complete);
      for (int row = 1; row <= 120; ++row) CHECK(r.got.contains(row));
    }
  }
}

TEST_CASE("a removal while paging makes another round that finds the row that moved up unread") {
  for (int when = 1; when <= 6; ++when) {
    reader r(courier_list::of(1, 120));
    r.run(1, [&](int answers) {
      if (answers == when) r.list.rows.erase(r.list.rows.begin());
    });
    CAPTURE(when);
    CHECK(r.plan.judge().complete);
    for (int row = 2; row <= 120; ++row) CHECK(r.got.contains(row));
  }
}

TEST_CASE("a list that loses rows already read at every answer is still read completely") {
  reader r(courier_list::of(1, 120));
  r.run(1, [&](int) { r.list.rows.erase(r.list.rows.begin()); });
  CHECK(r.plan.judge().complete);
  for (int row : r.list.rows) CHECK(r.got.contains(row));
}

TEST_CASE("a list that loses unread rows in every round is incomplete after three") {
  reader r(courier_list::of(1, 120));
  r.run(1, [&](int) { r.list.rows.pop_back(); });
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.round() == 3);
  CHECK(r.plan.judge().reason.find("went away") != std::string::npos);
}

TEST_CASE("an unreadable page makes it incomplete without another round, and all others are read") {
  courier_list l = courier_list::of(1, 120);
  l.broken = {3};
  reader r(l);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.judge().reason == "1 page(s) could not be read: 3");
  CHECK(r.plan.round() == 1);
  CHECK(r.got.size() == 100);
  CHECK(r.requested == std::vector<int>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("where page 1 cannot be read the others still are") {
  courier_list l = courier_list::of(1, 60);
  l.broken = {1};
  reader r(l);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.got.size() == 40);
}

TEST_CASE("a courier that cannot be read at all is asked for few pages") {
  courier_list l;
  l.broken = {1, 2, 3, 4, 5, 6};
  reader r(l);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.requested.size() == 3);
}

TEST_CASE("404 on page 1 is no end of a list") {
  page_plan plan(0);
  plan.past_end(*plan.next());
  while (!plan.done()) plan.past_end(*plan.next());
  CHECK_FALSE(plan.judge().complete);
}

TEST_CASE("an empty list with a count above zero is incomplete") {
  courier_list l;
  l.says = 500;
  reader r(l);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.judge().reason == "read 0 rows where the courier counts 500");
}

TEST_CASE("an absurd count ends soon after the last page and is incomplete") {
  courier_list l = courier_list::of(1, 60);
  l.says = 4'000'000'000'000;
  reader r(l);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.got.size() == 60);
  CHECK(r.requested.size() < 40);
}

TEST_CASE("fewer rows than the courier counts is incomplete after three rounds") {
  courier_list l = courier_list::of(1, 95);
  l.says = 97;
  reader r(l);
  r.run();
  CHECK_FALSE(r.plan.judge().complete);
  CHECK(r.plan.round() == 3);
  CHECK(r.plan.judge().reason == "read 95 rows where the courier counts 97");
}

TEST_CASE("cut at max_orders it is complete with that reason and asks for no page beyond") {
  reader r(courier_list::of(1, 200), 50);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.plan.judge().truncated);
  CHECK(r.plan.judge().reason == "newest 50");
  CHECK(r.got.size() == 50);
  CHECK(r.requested == std::vector<int>{1, 2, 3, 1});
}

TEST_CASE("a list that is not newest first is read whole, whatever the limit") {
  page_plan plan(20);
  std::vector<int> requested;
  bool same_time = false;
  SUBCASE("each page shows it") {}
  SUBCASE("the rows of a page were made at once") {
    same_time = true;
  }
  while (!plan.done() && requested.size() < 100) {
    int page = plan.next().value();
    requested.push_back(page);
    std::vector<listed_row> rows;
    for (int i = 0; i < 10; ++i) { // oldest first
      int n = (page - 1) * 10 + i;
      rows.push_back({static_cast<std::uint64_t>(n + 1) * 1000003u * 1024u,
                      suivi::instant(std::chrono::hours(same_time ? page : n))});
    }
    CHECK(plan.read(page, {60, 0, page < 6}, rows) == 10);
  }
  CHECK(plan.judge().complete);
  CHECK_FALSE(plan.judge().truncated);
  CHECK(plan.judge().reason == "read whole, for the courier's list is not newest first");
  for (int page = 1; page <= 6; ++page) CHECK(std::count(requested.begin(), requested.end(), page) >= 1);
}

TEST_CASE("a list of which one row a page says when it was made is read whole where those do not fall") {
  std::vector<std::optional<int>> made; // each page's
  SUBCASE("oldest first, and page 1 tells nothing") {
    made = {std::nullopt, 1, 2, 3, 4, 5};
  }
  SUBCASE("in no order, the newest on top") {
    made = {9, 3, 7, 1, 8, 2};
  }
  page_plan plan(40);
  std::vector<int> in_flight, read;
  while (!plan.done() && read.size() < 100) {
    while (std::optional<int> page = plan.next()) in_flight.push_back(*page);
    REQUIRE_FALSE(in_flight.empty());
    int page = in_flight.back(); // the latest asked for answers first
    in_flight.pop_back();
    read.push_back(page);
    std::vector<listed_row> rows;
    for (int i = 0; i < 10; ++i)
      rows.push_back({static_cast<std::uint64_t>((page - 1) * 10 + i + 1) * 1000003u * 1024u, std::nullopt});
    if (auto hour = made[static_cast<std::size_t>(page) - 1])
      rows[3].created_at = suivi::instant(std::chrono::hours(*hour));
    plan.read(page, {60, 0, page < 6}, rows);
  }
  CHECK(plan.judge().complete);
  CHECK_FALSE(plan.judge().truncated);
  for (int page = 1; page <= 6; ++page) CHECK(std::count(read.begin(), read.end(), page) >= 1);
}

TEST_CASE("a minute's disorder among rows is none, and rows without a time are in no order") {
  auto row = [](std::optional<int> seconds) {
    listed_row one;
    if (seconds) one.created_at = suivi::instant(std::chrono::seconds(*seconds));
    return one;
  };
  CHECK(is_newest_first(std::vector{row(100), row(130), row(90)}));
  CHECK_FALSE(is_newest_first(std::vector{row(100), row(90), row(std::nullopt), row(151)}));
  CHECK(is_newest_first(std::vector{row(std::nullopt), row(std::nullopt)}));
}

TEST_CASE("max_orders above the count cuts nothing") {
  reader r(courier_list::of(1, 50), 50);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK_FALSE(r.plan.judge().truncated);
  CHECK(r.plan.judge().reason == "");
}

TEST_CASE("without any count two equal rounds are complete") {
  courier_list l = courier_list::of(1, 55);
  l.counts = false;
  reader r(l);
  r.run();
  CHECK(r.plan.judge().complete);
  CHECK(r.got.size() == 55);
  CHECK(r.plan.round() == 2);
}

TEST_CASE("a courier without count that ignores the page number comes to an end") {
  page_plan plan(0);
  std::vector<listed_row> rows{{hash_of(1), created(1)}, {hash_of(2), created(2)}};
  int requested = 0;
  while (auto page = plan.next()) {
    REQUIRE(++requested < 20);
    plan.read(*page, {}, rows);
  }
  CHECK(plan.done());
  CHECK(plan.judge().complete);
}

TEST_CASE("rows that come into the midst of a list with an old date are read before it counts as complete") {
  std::vector<int> list{1, 2, 3, 4, 5, 6, 7};
  page_plan plan(0, true);
  std::set<int> got;
  int answers = 0;
  while (auto page = plan.next()) {
    REQUIRE(++answers < 20);
    if (answers == 3) list.insert(list.begin() + 3, {8, 9}); // on page 2, which has been read
    auto from = std::min(list.size(), static_cast<std::size_t>(*page - 1) * 3);
    auto to = std::min(list.size(), from + 3);
    std::vector<listed_row> rows;
    for (std::size_t i = from; i < to; ++i) {
      rows.push_back({hash_of(list[i]), begun - std::chrono::hours(1)});
      got.insert(list[i]);
    }
    plan.read(*page, {static_cast<std::int64_t>(list.size()), 0, to < list.size(), begun}, rows);
  }
  CHECK(plan.judge().complete);
  CHECK(got.size() == 9);
  CHECK(answers <= 10);
}

TEST_CASE("unreadable rows are counted and do not spoil the verdict") {
  page_plan plan(0);
  std::vector<listed_row> rows{{hash_of(1), created(1)}, {hash_of(2), created(2)}};
  plan.read(*plan.next(), {3, 1, false, begun}, rows);
  CHECK(plan.done());
  CHECK(plan.judge().complete);
  CHECK(plan.unreadable_rows() == 1);
}

TEST_CASE("a set of hashes keeps marks and finds what it holds") {
  seen_set s;
  for (int i = 1; i <= 5'000; ++i) CHECK(s.insert(hash_of(i), static_cast<seen_set::mark>(i % 64)));
  CHECK(s.size() == 5'000);
  CHECK_FALSE(s.insert(hash_of(17)));
  CHECK(s.find(hash_of(17), 0) == 17);
  s.set(hash_of(17), 62);
  CHECK(s.find(hash_of(17), 0) == 62);
  CHECK_FALSE(s.contains(hash_of(5'001)));
}
