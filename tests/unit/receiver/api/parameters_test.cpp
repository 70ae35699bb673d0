// What an operator's request may say, and which parameter is blamed when it says nothing.
#include "receiver/api/call/parameters.hpp"
#include "receiver/api/orders/order_filters.hpp"
#include "receiver/api/overview/series_queries.hpp"
#include "receiver/api/session_json.hpp"
#include "receiver/api/stream/stream_wish.hpp"
#include "receiver/api/sweeps/sweep_list.hpp"
#include "tests/support/print_result.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

const instant today = *parse_instant("2026-05-20T12:00:00Z");

http::target query(std::string_view text) {
  return *http::parse_target("/api/v1/webhooks/events?" + std::string(text));
}

result<event_query> read(std::string_view text) {
  return read_event_query(query(text), today);
}

std::string complaint(std::string_view text) {
  auto q = read(text);
  return q ? "none" : q.error().detail.substr(0, q.error().detail.find(' '));
}

} // namespace

TEST_CASE("without parameters the newest 25 events are meant") {
  auto q = read("");
  REQUIRE(q);
  CHECK(q->page == 1);
  CHECK(q->limit == 25);
  CHECK_FALSE(q->filter.processed);
  CHECK_FALSE(q->filter.outcome);
}

TEST_CASE("every filter is read") {
  auto q = read("page=3&limit=1000&source=MAYSTRO&processed=false&eventType=OrderDelivered&outcome=parked"
                "&reference=A%2F1&since=24h&until=2026-05-20T11:00:00%2B01:00&other=x");
  REQUIRE(q);
  CHECK(q->page == 3);
  CHECK(q->limit == 1000);
  CHECK(q->filter.processed == false);
  CHECK(q->filter.name == "OrderDelivered");
  CHECK(q->filter.outcome == "parked");
  CHECK(q->filter.reference == "A/1");
  CHECK(q->filter.since == parse_instant("2026-05-19T12:00:00Z"));
  CHECK(q->filter.until == parse_instant("2026-05-20T10:00:00Z"));
  CHECK(q->filter.source == "MAYSTRO");
}

TEST_CASE("a plus sign of an offset may come unescaped and no offset is UTC") {
  CHECK(read("since=2026-05-20T11:00:00+01:00")->filter.since == parse_instant("2026-05-20T10:00:00Z"));
  CHECK(read("since=2026-05-20T11:00:00")->filter.since == parse_instant("2026-05-20T11:00:00Z"));
}

TEST_CASE("a value that means nothing is an error that names its parameter") {
  for (const char* page : {"0", "-1", "x", "", "1.5", "99999999999999999999"})
    CHECK(complaint("page=" + std::string(page)) == "page");
  for (const char* limit : {"0", "1001", "-5", "abc", "", "1e2", " 1"})
    CHECK(complaint("limit=" + http::percent_encode(limit)) == "limit");
  for (const char* flag : {"yes", "1", "TRUE", ""})
    CHECK(complaint("processed=" + std::string(flag)) == "processed");
  for (const char* outcome : {"stored", "all", "Applied", ""})
    CHECK(complaint("outcome=" + std::string(outcome)) == "outcome");
  for (const char* moment : {"yesterday", "2026-13-01", "24", "-1h", ""}) {
    CHECK(complaint("since=" + std::string(moment)) == "since");
    CHECK(complaint("until=" + std::string(moment)) == "until");
  }
  for (const char* cursor : {"9223372036854775807.31", "-9223372036854775808.31", "-99999999999999999.31",
                             "253402300800000000.31", "1", ".31", "1.3", "1.FF", "1.00", "1.ff"}) {
    CHECK(complaint("after=" + std::string(cursor)) == "after");
    CHECK(complaint("after=e" + std::string(cursor)) == "after");
  }
  CHECK(complaint("source=maystro") == "source");
  CHECK(complaint("reference=%ff") == "reference");
  CHECK(complaint("eventType=a%00b") == "eventType");
}

TEST_CASE("an empty filter by text is none and the other source's events are not kept here") {
  auto q = read("reference=&eventType=&source=");
  REQUIRE(q);
  CHECK_FALSE(q->filter.reference);
  CHECK_FALSE(q->filter.name);
  CHECK(read("source=ECOMANAGER")->filter.source == "ECOMANAGER");
  CHECK(read("source=GUEPEX")->filter.source == "GUEPEX");
}

TEST_CASE("statistics are of one of three periods") {
  CHECK(read_stats_query(query(""), today)->since == parse_instant("2026-05-19T12:00:00Z"));
  CHECK(read_stats_query(query("period=7d"), today)->since == parse_instant("2026-05-13T12:00:00Z"));
  CHECK(read_stats_query(query("period=30d"), today)->period == "30d");
  CHECK(read_stats_query(query("period=1h"), today).error().detail.starts_with("period "));
  CHECK(read_stats_query(query("period="), today).error().detail.starts_with("period "));
}

TEST_CASE("a wish for a sweep may be empty and is refused by the member that is wrong") {
  for (const char* body : {"", "  \n", "{}", R"({"account":null,"kind":null})"}) {
    auto wish = read_sweep_wish(body);
    REQUIRE(wish);
    CHECK_FALSE(wish->account);
    CHECK(wish->kind == "full");
  }
  auto wish = read_sweep_wish(R"({"account":"acc-1","kind":"incremental"})");
  CHECK(wish->account == "acc-1");
  CHECK(wish->kind == "incremental");
  auto blamed = [](const char* body) { return read_sweep_wish(body).error().detail; };
  CHECK(blamed("[]").starts_with("body "));
  CHECK(blamed("{").starts_with("body "));
  CHECK(blamed(R"({"acount":"acc-1"})").starts_with("body "));
  CHECK(blamed(R"({"account":5})").starts_with("account "));
  CHECK(blamed(R"({"account":""})") == "account must be the id of an account, not \"\"");
  CHECK(blamed(R"({"kind":"quick"})").starts_with("kind "));
}

TEST_CASE("what might be read as another wish than it was written as is refused by name") {
  CHECK(refuse_repeated(*http::parse_target("/x?limit=5&limit=6"))->detail == "limit must be given once");
  CHECK(refuse_repeated(*http::parse_target("/x?view=all&query=&view="))->detail.starts_with("view "));
  CHECK_FALSE(refuse_repeated(*http::parse_target("/x?limit=5&page=6&&")));
  CHECK(read("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z").error().detail.starts_with("until "));
  CHECK(read("since=24h&until=48h").error().detail.starts_with("until "));
  CHECK(read("since=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z"));
  for (const char* body : {R"({"ids":["1\u0000"]})", R"({"ids":["1"],"ids":["2"]})"})
    CHECK(read_deletion(body).error().detail.starts_with("body "));
  for (const char* body : {R"({"account":"acc-1\u0000"})", R"({"account\u0000":"acc-1"})",
                           R"({"kind":"full","kind":"lookups"})"})
    CHECK(read_sweep_wish(body).error().detail.starts_with("body "));
  CHECK_FALSE(read_token(R"({"token":"example\u0000-token"})"));
}

TEST_CASE("only the numbers we give are ids") {
  CHECK(read_id("17") == 17);
  for (const char* text : {"", "0", "-1", "+1", "017", "1 ", "abc", "1.0", "9223372036854775808"})
    CHECK_FALSE(read_id(text));
}

TEST_CASE("every list's refusal names its parameter, the value and what is allowed") {
  auto is_named = [](const auto& refused, std::string_view name) {
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().detail);
    CHECK(refused.error().detail.starts_with(std::string(name) + " must be "));
    CHECK(refused.error().detail.ends_with(", not \"wrong\""));
  };
  auto at = [](std::string_view name) {
    return *http::parse_target("/x?name=missed&" + std::string(name) + "=wrong");
  };
  for (const char* name : {"limit", "view", "only", "unmatched", "after"})
    is_named(read_order_list_query(at(name)), name);
  is_named(read_order_list_query(*http::parse_target("/x?sweep=1&counted=wrong")), "counted");
  for (const char* name : {"limit", "kind", "verdict", "fold", "after"})
    is_named(read_sweep_list_query(at(name)), name);
  is_named(read_series_query(at("period"), now()), "period");
  is_named(read_series_query(*http::parse_target("/x?name=wrong"), now()), "name");
  for (const char* name : {"topics", "rate"}) is_named(read_stream_wish(at(name)), name);
}

TEST_CASE("a refusal names the value, cut where it is long") {
  CHECK(read("limit=abc").error().detail == "limit must be a whole number from 1 to 1000, not \"abc\"");
  auto detail = read("source=" + std::string(200, 'x')).error().detail;
  CHECK(detail == "source must be MAYSTRO, GUEPEX or ECOMANAGER, not \"" + std::string(64, 'x') + "…\"");
}
