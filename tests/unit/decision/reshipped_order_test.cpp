// An order shipped several times: whatever arrives in whatever order, rows of sweeps, single reads, webhooks
// with and without ids or time, again and again, the order ends on its current parcel and no repetition moves
// it. Seeds are fixed.
#include "common/maystro/status.hpp"
#include "tests/unit/decision/shop_model.hpp"

#include <algorithm>
#include <random>

using namespace suivi;
using namespace suivi::shop;

namespace {

struct shipped {
  std::string uuid;
  int created;
  std::vector<std::pair<int, int>> history; // since when, which status; the first before everything
  [[nodiscard]] int status_at(int time) const {
    int status = history.front().second;
    for (auto [since, next] : history)
      if (since <= time) status = next;
    return status;
  }
};

constexpr int in_the_end = 100'000;

class reshipped_order {
 public:
  explicit reshipped_order(std::uint64_t seed) : random_(seed) {
    shop_.add_order("R1");
    constexpr int statuses[] = {4, 5, 22, 31, 32, 42, 41, 50, 51, 10, 52, 53};
    for (int n = 0, parcels = 2 + below(3); n < parcels; ++n) {
      shipped p{"u" + std::to_string(n), below(3) * 10, {}};
      for (int step = 0, steps = 1 + below(4); step < steps; ++step)
        p.history.emplace_back(1'000 + 10 * (step + below(3)), statuses[below(std::size(statuses))]);
      std::sort(p.history.begin(), p.history.end());
      parcels_.push_back(std::move(p));
    }
    for (const shipped& p : parcels_) {
      for (auto [since, status] : p.history) tell(p, since, status);
      for (int pulls = below(4); pulls > 0; --pulls) {
        int start = 995 + below(60);
        webhooks_.push_back(a_row(start, "R1", p.uuid, p.status_at(start), p.created));
      }
      webhooks_.push_back(
          a_row(5'000, "R1", p.uuid, p.status_at(in_the_end), p.created)); // a sweep afterwards
    }
  }

  void arrive_in_any_order() {
    std::vector<observation> all = webhooks_;
    for (const observation& one : webhooks_)
      if (below(3) == 0) all.push_back(one); // twice
    std::shuffle(all.begin(), all.end(), random_);
    for (std::size_t from = 0; from < all.size();) {
      std::size_t to = std::min(all.size(), from + 1 + static_cast<std::size_t>(below(6)));
      settle(shop_.apply(std::vector(all.begin() + static_cast<std::ptrdiff_t>(from),
                                     all.begin() + static_cast<std::ptrdiff_t>(to))));
      from = to;
    }
  }

  [[nodiscard]] const shipped& current() const {
    auto rank = [](const shipped& p) {
      return std::tuple(!maystro::is_returning(p.status_at(in_the_end)), p.created, p.uuid);
    };
    return *std::max_element(parcels_.begin(), parcels_.end(),
                             [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  }
  [[nodiscard]] const order_columns& shows() { return shop_.order("R1").columns; }
  [[nodiscard]] std::size_t written() const { return shop_.journal.size(); }

 private:
  int below(std::size_t n) {
    return static_cast<int>(std::uniform_int_distribution<std::size_t>(0, n - 1)(random_));
  }

  // One webhook of that change, of one of the kinds there are.
  void tell(const shipped& p, int since, int status) {
    observation o = push(since, below(3) == 0 ? "" : "R1", p.uuid, status);
    if (below(4) == 0) o.shipment.uuid.reset(); // the display id is left
    if (below(4) == 0) o.when = untimed(since + 2);
    webhooks_.push_back(std::move(o));
  }

  // The single reads that are asked for, as the courier would answer them.
  void settle(std::vector<verdict> verdicts) {
    for (const verdict& v : verdicts) {
      if (!v.wanted) continue;
      std::vector<observation> read;
      for (const shipped& p : parcels_) {
        if (v.wanted->uuid ? *v.wanted->uuid != p.uuid : v.wanted->reference != "R1") continue;
        read.push_back(a_row(++reads_, "R1", p.uuid, p.status_at(in_the_end), p.created));
        read.back().from = source::confirm;
      }
      auto settled = shop_.apply(read);
      for (const verdict& again : settled) REQUIRE(again.outcome != outcome::in_doubt);
    }
  }

  std::mt19937_64 random_;
  shop_model shop_;
  std::vector<shipped> parcels_;
  std::vector<observation> webhooks_;
  int reads_ = in_the_end;
};

} // namespace

TEST_CASE("the order ends on its current parcel whatever arrives when, and no repetition moves it") {
  for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
    CAPTURE(seed);
    reshipped_order order(seed);
    order.arrive_in_any_order();
    REQUIRE(order.shows().tracking == "track-" + order.current().uuid);
    REQUIRE(order.shows().maystro_order_id == order.current().uuid);
    REQUIRE(order.shows().shipping_status == maystro::status_text(order.current().status_at(in_the_end)));
    const std::size_t written = order.written();
    order.arrive_in_any_order();
    REQUIRE(order.written() == written);
  }
}

TEST_CASE("a parcel of several whose making no row has dated is asked about") {
  shop_model shop;
  shop.add_order("R1");
  observation undated = a_row(1'000, "R1", "u1", 31, 0);
  undated.shipment.created_at.reset();
  CHECK_FALSE(shop.apply(undated).wanted);
  verdict dated = shop.apply(a_row(2'000, "R1", "u2", 4, 10));
  REQUIRE(dated.wanted);
  CHECK(dated.wanted->uuid == "u1");
}

TEST_CASE("a date that a list's order suggests replaces none that is known") {
  shop_model shop;
  shop.add_order("R1");
  shop.apply(a_row(1'000, "R1", "u1", 31, 10));
  shop.apply(a_row(1'001, "R1", "u2", 4, 20));
  REQUIRE(shop.order("R1").columns.maystro_order_id == "u2");
  observation suggested = a_row(2'000, "R1", "u2", 4, 5); // of another list: no measure for u1
  suggested.shipment.created_at_is_guess = true;
  shop.apply(suggested);
  CHECK(shop.order("R1").columns.maystro_order_id == "u2");
  shop.apply(a_row(3'000, "R1", "u2", 4, 5));
  CHECK(shop.order("R1").columns.maystro_order_id == "u1");
}
