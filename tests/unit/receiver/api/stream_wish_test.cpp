// What a reader of the stream may ask for, how a list's place is spelt, and which slots a series has.
#include "receiver/api/stream/stream_wish.hpp"

#include "receiver/api/call/list_cursor.hpp"
#include "receiver/api/orders/order_list.hpp"
#include "receiver/api/overview/series_queries.hpp"
#include "receiver/api/sweeps/sweep_list.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;
using namespace std::chrono_literals;

namespace {

http::target query(const std::string& text) {
  return *http::parse_target("/x?" + text);
}

const instant noon = *parse_instant("2026-03-01T12:34:56Z");
const steady_time start{1h};

} // namespace

TEST_CASE("topics are all without a word and an unknown one is refused by name") {
  auto all = read_stream_wish(query(""));
  REQUIRE(all);
  CHECK(all->wants(stream_topic::overview));
  CHECK(all->messages_per_second == 0);
  auto some = read_stream_wish(query("topics=problem,sweep&rate=5"));
  REQUIRE(some);
  CHECK(some->wants(stream_topic::problem));
  CHECK_FALSE(some->wants(stream_topic::change));
  CHECK(some->messages_per_second == 5);
  for (const char* wrong : {"topics=x", "topics=change,x", "rate=0", "rate=x", "rate="})
    CHECK(read_stream_wish(query(wrong)).has_error());
}

TEST_CASE("beyond the rate messages are counted, and told once a second") {
  message_pace pace(2);
  int admitted = 0;
  for (int n = 0; n < 10; ++n) admitted += pace.admits(start + n * 10ms) ? 1 : 0;
  CHECK(admitted == 2);
  CHECK(pace.skipped(start + 100ms) == 8);
  CHECK_FALSE(pace.admits(start + 200ms));
  CHECK(pace.skipped(start + 300ms) == 0);
  CHECK(pace.skipped(start + 1100ms) == 1);
  CHECK(pace.admits(start + 1100ms));
  message_pace free(0);
  for (int n = 0; n < 100; ++n) CHECK(free.admits(start));
  free.skip(7);
  CHECK(free.skipped(start) == 7);
}

TEST_CASE("a first sweep of 100,000 orders leaves a browser below 20 messages in any second") {
  message_pace pace(15); // as the screen asks for
  std::vector<steady_time> sent;
  for (int n = 0; n < 100'000; ++n) {
    steady_time now = start + n * 1ms; // 1,000 changes a second, a moment after a quiet one
    if (pace.admits(now)) sent.push_back(now);
    if (pace.skipped(now) > 0) sent.push_back(now);
  }
  std::size_t first = 0, in_a_second = 0;
  for (std::size_t last = 0; last < sent.size(); ++last) {
    while (sent[last] - sent[first] >= 1s) ++first;
    in_a_second = std::max(in_a_second, last - first + 1);
  }
  CHECK(in_a_second < 20);
  CHECK(sent.size() > 1000);
}

TEST_CASE("a place in a list comes back as it was written, and nothing else is one") {
  list_place place{1'700'000'000'123'456, "CMD/é 1"};
  auto read = read_cursor(paged_list::orders, write_cursor(paged_list::orders, place));
  REQUIRE(read.has_value());
  CHECK(read->number == place.number);
  CHECK(read->text == place.text);
  CHECK(read_cursor(paged_list::sweeps, write_cursor(paged_list::sweeps, {5, ""}))->number == 5);
  for (const std::string wrong : {"", "x", "1", "1.g0", "1.0", "x.00", "1.ff", "1.00"}) {
    CHECK_FALSE(read_cursor(paged_list::orders, wrong));
    CHECK_FALSE(read_cursor(paged_list::orders, "o" + wrong));
  }
}

TEST_CASE("a place in one list is none in another") {
  for (paged_list of : {paged_list::orders, paged_list::events, paged_list::sweeps})
    for (paged_list in : {paged_list::orders, paged_list::events, paged_list::sweeps})
      CHECK(read_cursor(in, write_cursor(of, {5, "31"})).has_value() == (in == of));
}

TEST_CASE("a series has slots of one length from the beginning of one on") {
  auto q = read_series_query(query("name=webhooks&period=1h"), noon);
  REQUIRE(q);
  CHECK(q->step == 60s);
  CHECK(q->from == parse_instant("2026-03-01T11:34:00Z"));
  CHECK(q->until == noon);
  CHECK(read_series_query(query("name=coverage&period=90d"), noon)->step == 24h);
  CHECK(read_series_query(query("name=x"), noon).has_error());
  CHECK(read_series_query(query("name=missed&period=2h"), noon).has_error());
}

TEST_CASE("lists name the parameter that means nothing") {
  auto complaint = [](const auto& read) {
    return read ? std::string("none") : read.error().detail.substr(0, read.error().detail.find(' '));
  };
  CHECK(complaint(read_order_list_query(query("view=x"))) == "view");
  CHECK(complaint(read_order_list_query(query("after=x"))) == "after");
  CHECK(complaint(read_order_list_query(query("limit=1001"))) == "limit");
  CHECK(complaint(read_order_list_query(query("unmatched=x"))) == "unmatched");
  CHECK(complaint(read_order_list_query(query("only=x"))) == "only");
  CHECK(complaint(read_order_list_query(query("counted=backfilled"))) == "counted");
  CHECK(complaint(read_order_list_query(query("sweep=7&counted=x"))) == "counted");
  CHECK(complaint(read_order_list_query(query("sweep=7&counted=backfilled"))) == "none");
  CHECK(read_order_list_query(query("sweep=x"))->sweep == 0); // nobody's
  CHECK(complaint(read_order_list_query(query("only=on_the_way&view=untracked"))) == "none");
  CHECK(complaint(read_order_list_query(query("view=untracked&query=&unmatched=false&after="))) == "none");
  CHECK(complaint(read_sweep_list_query(query("kind=x"))) == "kind");
  CHECK(complaint(read_sweep_list_query(query("fold=yes"))) == "fold");
  CHECK(complaint(read_sweep_list_query(query("kind=lookups&verdict=complete"))) == "none");
}
