// The plan of incremental sweeps against lists that change at random while they are read. Rows come at the
// front, as in a list by creation, and go anywhere, several between two answers. Whenever the plan says
// complete, no row created after the horizon that was there all the time may be missing. Seeds are fixed; a
// failing one is printed and can be run alone.
#include "reconciler/plan/incremental_plan.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <random>
#include <vector>

using namespace suivi;
using namespace suivi::reconciler;

namespace {

struct manner {
  double change = 0; // chance of a change at each answer
  bool counts = true;
  std::int64_t max_orders = 0;
};

instant created(int row) {
  return instant(milliseconds(1'700'000'000'000 + row));
}

class newest_first {
 public:
  newest_first(std::uint64_t seed, manner how)
      : random_(seed), how_(how), page_size_(2 + below(6)), horizon_(static_cast<int>(below(60))),
        plan_(created(horizon_), how.max_orders) {
    next_row_ = static_cast<int>(below(80));
    for (int row = next_row_ - 1; row >= 0; --row) list_.push_back(row);
    always_.insert(list_.begin(), list_.end());
    keep_always();
  }

  void read_to_its_end() {
    for (int answers = 0; !plan_.done(); ++answers) {
      if (answers > 10'000) FAIL("it comes to no end");
      if (chance() < how_.change) change();
      answer(plan_.next().value());
    }
  }

  [[nodiscard]] page_plan::verdict verdict() const { return plan_.judge(); }
  [[nodiscard]] std::vector<int> missing() const {
    std::vector<int> lost;
    for (int row : always_)
      if ((row >= horizon_ || verdict().truncated) && !got_.contains(row)) lost.push_back(row);
    return lost;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  // always_: what has been in the list, and among the newest N, at every moment.
  void keep_always() {
    std::size_t n = how_.max_orders > 0 ? std::min(list_.size(), static_cast<std::size_t>(how_.max_orders))
                                        : list_.size();
    std::erase_if(always_, [&](int row) {
      return std::find(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(n), row) ==
             list_.begin() + static_cast<std::ptrdiff_t>(n);
    });
  }

  void change() {
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      if (below(2) == 0)
        list_.insert(list_.begin(), next_row_++);
      else if (!list_.empty())
        list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(below(list_.size())));
      keep_always();
    }
  }

  void answer(int page) {
    std::size_t from = static_cast<std::size_t>(page - 1) * page_size_;
    if (page > 1 && from >= list_.size()) return plan_.past_end(page);
    std::size_t to = std::min(list_.size(), from + page_size_);
    std::vector<listed_row> rows;
    for (std::size_t i = from; i < to; ++i)
      rows.push_back({static_cast<std::uint64_t>(list_[i] + 1) * 0x9e3779b97f4a7c15u, created(list_[i])});
    page_facts facts;
    if (how_.counts) facts.count = static_cast<std::int64_t>(list_.size());
    facts.has_next = how_.counts && to < list_.size();
    std::size_t wanted = plan_.read(page, facts, rows);
    got_.insert(list_.begin() + static_cast<std::ptrdiff_t>(from),
                list_.begin() + static_cast<std::ptrdiff_t>(from + wanted));
  }

  std::mt19937_64 random_;
  manner how_;
  std::size_t page_size_;
  int horizon_, next_row_ = 0;
  incremental_plan plan_;
  std::vector<int> list_;
  std::set<int> always_, got_;
};

int complete_of(std::uint64_t first_seed, int runs, manner how) {
  int complete = 0;
  for (int i = 0; i < runs; ++i) {
    std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    newest_first list(seed, how);
    list.read_to_its_end();
    if (!list.verdict().complete) {
      REQUIRE_FALSE(list.verdict().reason.empty());
      continue;
    }
    ++complete;
    INFO("seed " << seed);
    REQUIRE(list.missing() == std::vector<int>{});
  }
  return complete;
}

} // namespace

TEST_CASE("an incremental sweep that is complete has lost no new row while rows came and went") {
  for (bool counts : {true, false}) {
    for (std::int64_t max_orders : {0, 17}) {
      for (double change : {0.0, 0.05, 0.2, 0.6}) {
        CAPTURE(counts);
        CAPTURE(max_orders);
        CAPTURE(change);
        int complete = complete_of(1'000'000, 2'000, {change, counts, max_orders});
        if (change == 0.0) CHECK(complete == 2'000);
        if (change == 0.05) CHECK(complete > 1'000);
      }
    }
  }
}
