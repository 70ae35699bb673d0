// The planner against lists that change at random while they are read: rows come and go on any page, between
// any two answers and several at once, answers overtake one another. Whenever the planner says complete, no
// row that was there all the time may be missing. Seeds are fixed; a failing one is printed and can be run
// alone.
#include "reconciler/plan/page_plan.hpp"
#include "tests/support/sanitized.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <random>
#include <set>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

struct row {
  int id;
  instant created_at;
};

struct manner {
  double change = 0;            // chance of a change at each step
  double removals = 0.5;        // share of them
  bool inserts_anywhere = true; // else at the front only, as a list by creation does
  double dated = 1;             // share of rows that tell their creation
  std::int64_t max_orders = 0;
  bool counts = true; // the courier says how many rows there are
};

instant at(std::int64_t ms) {
  return instant(milliseconds(1'700'000'000'000 + ms));
}

class drifting_list {
 public:
  drifting_list(std::uint64_t seed, manner how)
      : random_(seed), how_(how), plan_(how.max_orders, seed % 2 == 0) {
    page_size_ = 2 + below(6);
    in_flight_max_ = 1 + below(8);
    int rows = static_cast<int>(below(60));
    for (int i = 0; i < rows; ++i) list_.push_back({next_id_++, at(-1 - i)});
    std::shuffle(list_.begin(), list_.end(), random_); // no order is relied on …
    if (!how_.inserts_anywhere)                        // … but where the newest N are asked for
      std::sort(list_.begin(), list_.end(),
                [](const row& a, const row& b) { return a.created_at > b.created_at; });
    for (const row& r : list_) always_.insert(r.id);
    keep_always();
  }

  void read_to_its_end() {
    for (int steps = 0; !plan_.done(); ++steps) {
      if (steps > 100'000) FAIL("it comes to no end");
      ++clock_;
      if (chance() < how_.change) change();
      switch (below(3)) {
      case 0:
        ask();
        break;
      case 1:
        make_answer();
        break;
      default:
        deliver();
        break;
      }
    }
  }

  [[nodiscard]] page_plan::verdict verdict() const { return plan_.judge(); }
  [[nodiscard]] int rounds() const { return plan_.round(); }
  [[nodiscard]] std::vector<int> missing() const {
    std::vector<int> lost;
    std::set_difference(always_.begin(), always_.end(), got_.begin(), got_.end(), std::back_inserter(lost));
    return lost;
  }

 private:
  struct flight {
    int page;
    instant requested_at;
    bool answered = false;
    bool past_end = false;
    page_facts facts;
    std::vector<listed_row> rows;
    std::vector<int> ids;
  };

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  // always_: what has been in the list, and among the newest N, at every moment.
  void keep_always() {
    std::size_t n = how_.max_orders > 0
                        ? std::min<std::size_t>(list_.size(), static_cast<std::size_t>(how_.max_orders))
                        : list_.size();
    std::set<int> here;
    for (std::size_t i = 0; i < n; ++i) here.insert(list_[i].id);
    std::erase_if(always_, [&](int id) { return !here.contains(id); });
  }

  void change() {
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      if (chance() < how_.removals) {
        if (list_.empty()) continue;
        list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(below(list_.size())));
      } else {
        std::size_t where = how_.inserts_anywhere ? below(list_.size() + 1) : 0;
        list_.insert(list_.begin() + static_cast<std::ptrdiff_t>(where), {next_id_++, at(clock_)});
      }
      keep_always();
    }
  }

  void ask() {
    if (flying_.size() >= in_flight_max_) return;
    auto page = plan_.next();
    if (page) flying_.push_back({*page, at(clock_), false, false, {}, {}, {}});
  }

  void make_answer() {
    if (flying_.empty()) return;
    flight& f = flying_[below(flying_.size())];
    if (f.answered) return;
    f.answered = true;
    std::size_t from = static_cast<std::size_t>(f.page - 1) * page_size_;
    f.past_end = f.page > 1 && from >= list_.size();
    std::size_t to = std::min(list_.size(), from + page_size_);
    if (how_.counts) f.facts.count = static_cast<std::int64_t>(list_.size());
    f.facts.has_next = how_.counts && to < list_.size();
    f.facts.as_of = f.requested_at;
    for (std::size_t i = from; i < to; ++i) {
      std::optional<instant> created;
      // Whether a row tells its creation does not change.
      if (static_cast<double>(list_[i].id * 37 % 100) < how_.dated * 100) created = list_[i].created_at;
      f.rows.push_back({static_cast<std::uint64_t>(list_[i].id) * 0x9e3779b97f4a7c15u, created});
      f.ids.push_back(list_[i].id);
    }
  }

  void deliver() {
    if (flying_.empty()) return;
    std::size_t which = below(flying_.size());
    if (!flying_[which].answered) return;
    flight f = std::move(flying_[which]);
    flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(which));
    if (f.past_end) return plan_.past_end(f.page);
    std::size_t wanted = plan_.read(f.page, f.facts, f.rows);
    got_.insert(f.ids.begin(), f.ids.begin() + static_cast<std::ptrdiff_t>(wanted));
  }

  std::mt19937_64 random_;
  manner how_;
  page_plan plan_;
  std::size_t page_size_ = 5, in_flight_max_ = 1;
  int next_id_ = 1;
  std::int64_t clock_ = 0;
  std::vector<row> list_;
  std::vector<flight> flying_;
  std::set<int> always_, got_;
};

struct tally_of_runs {
  int complete = 0, one_round = 0, runs = 0;

  [[nodiscard]] bool all_complete() const { return complete == runs; }
  [[nodiscard]] double complete_share() const { return static_cast<double>(complete) / runs; }
};

tally_of_runs run_many(std::uint64_t first_seed, int runs, manner how) {
  tally_of_runs t{.runs = runs / test::slowness};
  for (int i = 0; i < t.runs; ++i) {
    std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    drifting_list list(seed, how);
    list.read_to_its_end();
    if (list.verdict().complete) {
      ++t.complete;
      t.one_round += list.rounds() == 1 ? 1 : 0;
      auto lost = list.missing();
      INFO("seed " << seed << ", round " << list.rounds());
      REQUIRE(lost == std::vector<int>{});
    } else {
      REQUIRE_FALSE(list.verdict().reason.empty());
    }
  }
  return t;
}

} // namespace

TEST_CASE("a list that stays as it is takes one round, whatever overtakes what") {
  auto t = run_many(1'000'000, 500, {});
  CHECK(t.all_complete());
  CHECK(t.one_round == t.runs);
}

TEST_CASE("complete means that nothing is missing while rows come and go on any page") {
  for (double change : {0.01, 0.05, 0.2, 0.6}) {
    CAPTURE(change);
    auto t = run_many(2'000'000, 800, {.change = change});
    if (change < 0.02) CHECK(t.complete_share() > 0.8);
  }
}

TEST_CASE("complete means that nothing is missing where no row tells its creation") {
  for (double change : {0.01, 0.05, 0.2, 0.6}) {
    CAPTURE(change);
    auto t = run_many(3'000'000, 800, {.change = change, .dated = 0});
    if (change < 0.02) CHECK(t.complete_share() > 0.66);
  }
}

TEST_CASE("complete means that nothing is missing where some rows tell their creation") {
  for (double change : {0.02, 0.2}) run_many(4'000'000, 800, {.change = change, .dated = 0.5});
}

TEST_CASE("rows that only come seldom cost a list its completeness") {
  auto t = run_many(5'000'000, 500, {.change = 0.05, .removals = 0, .inserts_anywhere = false});
  CHECK(t.complete_share() > 0.96);
}

TEST_CASE("complete and cut means that none of those that were always the newest N is missing") {
  for (double change : {0.0, 0.01, 0.05, 0.2, 0.6}) {
    for (double dated : {1.0, 0.0}) {
      CAPTURE(change);
      CAPTURE(dated);
      auto t = run_many(6'000'000, 600,
                        {.change = change, .inserts_anywhere = false, .dated = dated, .max_orders = 17});
      if (change == 0.0) CHECK(t.all_complete());
      if (change == 0.01) CHECK(t.complete_share() > 0.66);
    }
  }
}

TEST_CASE("complete means that nothing is missing where the courier counts nothing") {
  for (double change : {0.0, 0.01, 0.05, 0.2, 0.6}) {
    for (std::int64_t max_orders : {0, 17}) {
      CAPTURE(change);
      CAPTURE(max_orders);
      auto t = run_many(
          7'038'000, 2'000,
          {.change = change, .inserts_anywhere = max_orders == 0, .max_orders = max_orders, .counts = false});
      if (change == 0.0) CHECK(t.all_complete());
      if (change == 0.01) CHECK(t.complete_share() > 0.4);
    }
  }
}
