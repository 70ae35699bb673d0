// Guepex's and Nord West's faces without sockets: pages, filters, quotas, histories in either order, and
// keys.
#include "common/guepex/page.hpp"
#include "common/guepex/webhook.hpp"
#include "common/nord_west/tracking_answer.hpp"
#include "tests/maystro_sim/courier/courier.hpp"
#include "tests/maystro_sim/courier/guepex_webhook.hpp"
#include "tests/maystro_sim/world/other_words.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <set>

using namespace suivi;
using namespace suivi::sim;
namespace json = boost::json;

namespace {

constexpr instant noon{std::chrono::sys_days{std::chrono::year(2026) / 1 / 31} + std::chrono::hours(12)};

struct fixture {
  explicit fixture(courier_kind kind)
      : of(shape(), {{"a", "example-key-1", "A", kind}, {"b", "example-key-2", "B", kind}}, settings()) {}

  static world_shape shape() {
    world_shape s;
    s.first = {7, 400, 2, 0.02};
    s.start = noon;
    return s;
  }

  http::response guepex(const std::string& target, const std::string& token = "example-key-1") {
    http::request r;
    r.method = "GET";
    r.target = "/guepex/v1" + target;
    r.headers = {{"X-API-ID", "user-of-a"}, {"X-API-TOKEN", token}};
    clock += seconds(2);
    return of.answer(r, clock, chance);
  }
  http::response nord_west(const json::array& trackings, const std::string& user = "user-of-a") {
    http::request r;
    r.method = "POST";
    r.target = "/noest/api/public/get/trackings/info";
    r.body = json::serialize(
        json::object{{"api_token", "example-key-1"}, {"user_guid", user}, {"trackings", trackings}});
    return of.answer(r, clock, chance);
  }
  std::vector<parcel_view> parcels() {
    std::vector<parcel_view> all;
    for (const parcel_index p : of.all.list(0, 0, of.all.count(0, clock), clock))
      all.push_back(of.all.view(p, clock));
    return all;
  }

  courier of;
  draw chance{5};
  instant clock = noon + seconds(1);
};

} // namespace

TEST_CASE("an account names its courier in a fourth part") {
  CHECK(parse_account("a:k")->kind == courier_kind::maystro);
  CHECK(parse_account("a:k:A:guepex")->kind == courier_kind::guepex);
  CHECK(parse_account("a:k:A:nordwest")->kind == courier_kind::nord_west);
  for (const char* wrong : {"a", "a:", ":k", "a:k:", "a:k:A:", "a:k:A:dhl", "a:k:A:guepex:x"})
    CHECK_FALSE(parse_account(wrong));
}

TEST_CASE("Guepex's pages show every parcel of the account once, and its own count") {
  fixture f(courier_kind::guepex);
  std::set<std::string> listed;
  bool more = true;
  for (int n = 1; more; ++n) {
    auto page = guepex::read_page(f.guepex("/parcels/?page_size=50&page=" + std::to_string(n)).body);
    REQUIRE(page.has_value());
    CHECK(page->unreadable == 0);
    CHECK(page->total == static_cast<std::int64_t>(f.parcels().size()));
    for (const auto& row : page->rows) CHECK(listed.insert(row.tracking).second);
    more = page->has_more;
  }
  CHECK(listed.size() == f.parcels().size());
  CHECK(f.guepex("/parcels/", "wrong").status == 403);
  CHECK(f.guepex("/parcels/", "example-key-2").status == 403); // another account's id
}

TEST_CASE("Guepex's days are of Algiers and both ends are in, and look-ups take several") {
  fixture f(courier_kind::guepex);
  const std::vector<parcel_view> all = f.parcels();
  const std::string from = plain_day(all.back().changed_at);
  const std::string to = plain_day(all.back().changed_at + std::chrono::hours(48));
  std::size_t wanted = 0;
  for (const auto& one : all)
    if (plain_day(one.changed_at) >= from && plain_day(one.changed_at) <= to) ++wanted;
  auto page =
      guepex::read_page(f.guepex("/parcels/?page_size=1000&date_last_status=" + from + "," + to).body);
  REQUIRE(page.has_value());
  CHECK(page->rows.size() == wanted);
  std::set<std::string> references;
  for (const auto& one : all)
    if (!one.reference.empty() && references.size() < 2) references.insert(one.reference);
  page = guepex::read_page(
      f.guepex("/parcels/?order_id=" + *references.begin() + ",X," + *references.rbegin()).body);
  REQUIRE(page.has_value());
  CHECK(page->rows.size() >= 2);
  for (const auto& row : page->rows) CHECK(references.contains(row.reference.value_or("")));
  const std::string tracking = tracking_of(courier_kind::guepex, all.front());
  auto one = guepex::read_one(f.guepex("/parcels/" + tracking).body, tracking);
  REQUIRE(one.has_value());
  CHECK(one->status->text == words_for(courier_kind::guepex, all.front().status).text);
}

TEST_CASE("beyond Guepex's quotas is 429, once forgiven, then locked out for longer and longer") {
  quota_book book;
  instant at = noon;
  for (int i = 0; i < 5; ++i) {
    CHECK(book.take(at));
    CHECK(book.left()[0] == 4 - i);
  }
  CHECK_FALSE(book.take(at));
  CHECK(book.take(at + seconds(1)));
  for (int i = 0; i < 6; ++i) (void)book.take(at + seconds(1));
  CHECK_FALSE(book.take(at + seconds(2)));
  CHECK(book.wait_s(at + seconds(2)) > 10);
  CHECK(book.take(at + std::chrono::minutes(10)));
}

TEST_CASE("a refusal for the second's sake says what is left of the hour and the day") {
  fixture f(courier_kind::guepex);
  http::request r;
  r.method = "GET";
  r.target = "/guepex/v1/wilayas/";
  r.headers = {{"X-API-ID", "user-of-a"}, {"X-API-TOKEN", "example-key-1"}};
  for (int i = 0; i < 5; ++i) CHECK(f.of.answer(r, f.clock, f.chance).status == 200);
  const http::response refused = f.of.answer(r, f.clock, f.chance);
  CHECK(refused.status == 429);
  CHECK(http::find_header(refused.headers, "Retry-After") == "1");
  CHECK(http::find_header(refused.headers, "x-second-quota-left") == "0");
  CHECK(http::find_header(refused.headers, "x-hour-quota-left") == "994");
  CHECK(http::find_header(refused.headers, "x-day-quota-left") == "9994");
}

TEST_CASE("Nord West's answers say of each known number where it is, whichever way the list runs") {
  fixture f(courier_kind::nord_west);
  json::array numbers{"ECSGONE1"};
  std::map<std::string, std::string> wanted;
  for (const auto& one : f.parcels()) {
    const std::string tracking = tracking_of(courier_kind::nord_west, one);
    wanted[tracking] = last_words(courier_kind::nord_west, one).text;
    numbers.push_back(json::value(tracking));
  }
  auto answered = nord_west::read_tracking_answer(f.nord_west(numbers).body);
  REQUIRE(answered.has_value());
  CHECK(answered->unreadable == 0);
  CHECK(answered->parcels.size() == wanted.size());
  for (const auto& one : answered->parcels) {
    CAPTURE(one.tracking);
    REQUIRE(one.state);
    CHECK(one.state->text == wanted[one.tracking]);
    CHECK(one.state->known);
  }
  CHECK(f.nord_west({"ECSGONE1"}).body == "[]");
  CHECK(f.nord_west({"ECSGONE1"}, "wrong").status == 401);
  CHECK(f.nord_west({"ECSGONE1"}, "").status == 422);
}

TEST_CASE("what Guepex tells of a change is understood, and of a new parcel there is no status") {
  fixture f(courier_kind::guepex);
  const parcel_view one = f.parcels().front();
  auto decoded =
      guepex::decode(guepex_delivery("parcel_status_updated", guepex_event(one, "e1", false, true) + "," +
                                                                  guepex_event(one, "e2", false, false)));
  REQUIRE(decoded.events.size() == 2);
  CHECK(decoded.events[0].kind == guepex::event_kind::state);
  CHECK(decoded.events[0].event_id == "e1");
  CHECK(decoded.events[0].status->known);
  CHECK_FALSE(decoded.events[1].reference);
  auto made = guepex::decode(guepex_delivery("parcel_created", guepex_event(one, "e3", true, true)));
  CHECK(made.events[0].kind == guepex::event_kind::link);
}
