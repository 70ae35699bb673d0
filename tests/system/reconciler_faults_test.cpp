// The reconciler against a courier at its worst, as real programs: every way of failing ends in a sweep that
// is complete and right, or that says it is incomplete and why; and where the courier recovers, so does the
// next sweep.
#include "tests/programs/raw_courier.hpp"
#include "tests/programs/reconciler_process.hpp"

#include <algorithm>

using namespace suivi::test;

namespace {

const std::string one = "example-a:example-key-1:A";
const std::string two = "example-a:example-key-1:A,example-b:example-key-2:B";

void recovers(const reconciler_process& s) {
  auto report = s.sweep(0);
  for (const auto& [account, r] : report) CHECK(text(r, "verdict") == "complete");
  CHECK(s.differences().empty());
}

} // namespace

TEST_CASE("a fifth of all requests fails in every known way and every tenth is throttled, and the sweep is "
          "complete") {
  reconciler_process s(two, 300);
  s.set(R"({"fail":0.2,"throttle":0.1,"retry_after_s":0,"latency_ms":5,"jitter_ms":20})");
  auto reports = s.sweep(0);
  std::int64_t requests = 0;
  for (const auto& [account, r] : reports) {
    CHECK(text(r, "verdict") == "complete");
    CHECK(number(r, "retries") > 0);
    CHECK(number(r, "throttled") > 0);
    requests += number(r, "requests");
    CHECK(s.db.number("select \"requestCount\" from shipping_accounts where \"id\" = '" + account + "'") ==
          number(r, "requests"));
    CHECK(s.db.number("select \"successCount\" + \"errorCount\" from shipping_accounts where \"id\" = '" +
                      account + "'") == number(r, "requests"));
  }
  CHECK(requests == s.requests("all"));
  CHECK(s.differences().empty());
}

TEST_CASE("pages that never can be read make it incomplete by name, each asked six times, and all others are "
          "applied") {
  reconciler_process s(one, 150);
  s.set(R"({"fail_pages":[3,4,5,6,7,8,9,10,11,12,13,14]})");
  auto r = s.sweep(3).at("example-a");
  CHECK(text(r, "verdict") == "incomplete");
  CHECK(text(r, "reason").find("12 page(s) could not be read: 3, 4, 5") == 0);
  CHECK(number(r, "requests") == number(r, "pages") + 12 * 6 + number(r, "lookups"));
  CHECK(number(r, "requests") == s.requests("all"));
  CHECK(number(r, "backfilled") > 0);
  CHECK(s.differences().size() <= 12 * 5);
  CHECK(s.db.value("select full_watermark is null from suivi.account") == "t");
  s.set(R"({"fail_pages":[]})");
  recovers(s);
}

TEST_CASE("Retry-After is kept, in seconds and as a date, and the sweep goes on until it is complete") {
  for (const char* date : {"false", "true"}) {
    CAPTURE(date);
    reconciler_process s(one, 60);
    s.set(std::string(R"({"requests_per_second":6,"retry_after_s":1,"retry_after_date":)") + date + "}");
    auto r = s.sweep(0).at("example-a");
    CHECK(text(r, "verdict") == "complete");
    CHECK(number(r, "throttled") > 0);
    // Whoever asks on without heed is answered 429 some hundred times.
    CHECK(number(r, "throttled") < 25);
    CHECK(s.differences().empty());
  }
}

TEST_CASE("a ceiling of requests per second keeps a sweep from ever being throttled") {
  reconciler_process s(one, 60);
  s.set(R"({"requests_per_second":10,"retry_after_s":1})");
  s.environment["SUIVI_MAYSTRO_REQUESTS_PER_SECOND"] = "6";
  auto r = s.sweep(0).at("example-a");
  CHECK(text(r, "verdict") == "complete");
  CHECK(number(r, "throttled") == 0);
}

TEST_CASE("a refused key stops that account at once and says so while the other one is swept") {
  reconciler_process s(two, 100);
  s.set(R"({"refused_tokens":["example-key-1"]})");
  auto reports = s.sweep(3);
  CHECK(text(reports.at("example-a"), "verdict") == "incomplete");
  CHECK(text(reports.at("example-a"), "reason") == "the courier refuses this account's key (401)");
  CHECK(number(reports.at("example-a"), "requests") == 1);
  CHECK(text(reports.at("example-b"), "verdict") == "complete");
  CHECK(s.differences("example-b").empty());
  CHECK(s.differences("example-a").size() > 0);
  s.set(R"({"refused_tokens":[]})");
  recovers(s);
}

TEST_CASE("a list in any of its four envelopes is read whole") {
  for (const char* envelope : {"list.results", "results", "list", "bare"}) {
    CAPTURE(envelope);
    reconciler_process s(one, 43);
    s.set(std::string(R"({"list_envelope":")") + envelope + "\"}");
    CHECK(text(s.sweep(0).at("example-a"), "verdict") == "complete");
    CHECK(s.differences().empty());
  }
}

TEST_CASE("a count that is too high makes it incomplete after three rounds, and what was read is applied") {
  reconciler_process s(one, 60);
  for (const char* lie : {"1", "1000000000000"}) {
    CAPTURE(lie);
    s.set(std::string(R"({"count_lie":)") + lie + "}");
    auto r = s.sweep(3).at("example-a");
    CHECK(text(r, "verdict") == "incomplete");
    CHECK(text(r, "reason").find("where the courier counts") != std::string::npos);
    CHECK(number(r, "requests") < 250);
    CHECK(s.differences().empty());
  }
}

TEST_CASE(
    "a count that is too low costs no order, for pages are read as long as the courier names a next one") {
  reconciler_process s(one, 60);
  s.set(R"({"count_lie":-30})");
  (void)s.sweep(0);
  CHECK(s.differences().empty());
}

TEST_CASE("rows that come and go while the list is read lose no order of a complete sweep") {
  int complete = 0;
  for (int insert : {0, 3, 10}) {
    for (int remove : {0, 3, 10}) {
      CAPTURE(insert);
      CAPTURE(remove);
      reconciler_process s(one, 120);
      s.set(R"({"latency_ms":10,"jitter_ms":40,"shift_insert":)" + std::to_string(insert / 100.0) +
            R"(,"shift_remove":)" + std::to_string(remove / 100.0) + "}");
      auto done = run_program("suivi-reconciler", {"sweep", "--full", "--json"}, s.environment);
      CAPTURE(done.log);
      REQUIRE((done.status == 0 || done.status == 3));
      complete += done.status == 0 ? 1 : 0;
      if (done.status == 0) CHECK(s.differences().empty());
      s.set(R"({"shift_insert":0,"shift_remove":0})");
      recovers(s);
    }
  }
  CHECK(complete >= 3);
}

TEST_CASE("a courier that nobody answers for ends the sweep as incomplete, and its return ends that") {
  reconciler_process s(one, 60);
  s.db.execute("update shipping_accounts set \"baseUrl\" = 'http://127.0.0.1:1'");
  auto r = s.sweep(3).at("example-a");
  CHECK(text(r, "verdict") == "incomplete");
  CHECK(text(r, "reason").find("nobody answers at the courier's address") == 0);
  CHECK(number(r, "requests") <= 18);
  CHECK(number(r, "fetched") == 0);
  s.db.execute("update shipping_accounts set \"baseUrl\" = '" + s.url + "'");
  recovers(s);
}

TEST_CASE("a worker told to stop while the courier wants to be left alone ends within ten seconds and frees "
          "its lease") {
  reconciler_process s(one, 60);
  s.set(R"({"throttle":1,"retry_after_s":600})");
  program worker("suivi-reconciler", {"run"}, s.environment);
  wait_until("a throttled request", [&] { return s.requests("throttled") > 0; });
  worker.signal(SIGTERM);
  CHECK(worker.wait(std::chrono::seconds(10)) == 0);
  CHECK(s.requests("throttled") == 1); // page 1 goes alone, and 600 seconds are kept
  CHECK(s.db.value("select lease_until is null from suivi.account") == "t");
  s.set(R"({"throttle":0})");
  s.db.execute("update suivi.account set courier_paused_until = null"); // ten minutes later
  recovers(s);
}

namespace {

// A shop of one account whose courier is the test's own bytes. `list` holds three rows of orders that the
// shop knows.
struct odd_courier {
  reconciler_process shop{one, 10};
  std::string list;
  std::optional<raw_courier> courier;

  explicit odd_courier(
      std::function<raw_answer(const odd_courier& self, const std::string& target)> answer_to) {
    std::string rows;
    for (int i = 0; i < 3; ++i) {
      std::string reference = shop.db.value(
          "select \"reference\" from orders order by \"reference\" limit 1 offset " + std::to_string(i));
      rows += (i > 0 ? "," : "") +
              json::serialize(json::object{{"id", "00000000-0000-4000-8000-00000000000" + std::to_string(i)},
                                           {"external_order_id", reference},
                                           {"status", 31},
                                           {"tracking_number", "170000000000000" + std::to_string(i)},
                                           {"created_at", "2026-01-10T10:00:00Z"}});
    }
    list = R"({"list":{"count":3,"next":null,"previous":null,"results":[)" + rows + "]}}";
    courier.emplace([this, answer_to](const std::string& target) { return answer_to(*this, target); });
    shop.db.execute("update shipping_accounts set \"baseUrl\" = '" + courier->url() + "'");
    shop.environment["SUIVI_MAYSTRO_REQUEST_TIMEOUT"] = "300ms";
  }
};

struct odd {
  const char* name;
  raw_answer answer;
  const char* reason;
  int tries;
};

void meet(const odd& o) {
  CAPTURE(o.name);
  bool well = false;
  odd_courier c([&](const odd_courier& self, const std::string& target) {
    if (!target.ends_with("?page=1")) return whole_answer(404, R"({"detail":"Invalid page."})");
    return well ? whole_answer(200, self.list) : o.answer;
  });
  auto r = c.shop.sweep(3).at("example-a");
  CHECK(text(r, "verdict") == "incomplete");
  CHECK_MESSAGE(text(r, "reason").find(o.reason) != std::string::npos, text(r, "reason"));
  CHECK(c.courier->last_head().find("Accept-Encoding: identity") != std::string::npos);
  auto targets = c.courier->targets();
  CHECK(std::count(targets.begin(), targets.end(), std::string("/api/stores/orders/?page=1")) == o.tries);
  CHECK(number(r, "fetched") == 0);
  well = true;
  c.shop.db.execute("update suivi.account set courier_paused_until = null"); // a day later
  CHECK(text(c.shop.sweep(0).at("example-a"), "verdict") == "complete");
  CHECK(c.shop.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ' and "
                         "\"trackingNumber\" like '17%'") == 3);
}

} // namespace

TEST_CASE("a connection that fails is tried again a few times, then the sweep says what was wrong") {
  const std::string too_short = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"list\":";
  for (const odd& o : {
           odd{"an answer that ends too soon", {too_short, {}, false, true}, "http:reset", 6},
           odd{"an answer that drips",
               {whole_answer(200, std::string(2'000, ' ')).bytes, std::chrono::milliseconds(20)},
               "http:timeout",
               6},
           odd{"no answer", {"", {}, true}, "http:timeout", 6},
           odd{"no HTTP at all", {"SSH-2.0-example\r\n\r\n", {}, false, true}, "http:", 6},
       })
    meet(o);
}

TEST_CASE("an odd answer is asked for again a few times, then the sweep says what was wrong") {
  for (const odd& o : {
           odd{"a web page as 502", whole_answer(502, "<html><body>Bad Gateway</body></html>"),
               "answered 502", 6},
           odd{"JSON cut short", whole_answer(200, R"({"list":{"count":3,"resul)"), "malformed", 6},
           odd{"a web page with status 200", whole_answer(200, "<html><body>Please log in</body></html>"),
               "malformed", 6},
           odd{"an answer packed though nobody asked for it",
               whole_answer(200, "\x1f\x8b\x08", "Content-Encoding: gzip\r\n"), "malformed", 6},
           odd{"a bad request", whole_answer(400, R"({"errors":[]})"), "answered 400", 1},
           odd{"silence until tomorrow", whole_answer(429, "{}", "Retry-After: 86400\r\n"),
               "wants to be left alone for 86400 s", 1},
           odd{"another shape", whole_answer(200, R"({"items":[]})"), "malformed", 6},
           odd{"an error with status 200", whole_answer(200, R"({"error":{"message":"no"},"success":false})"),
               "malformed", 6},
           odd{"404 on page 1", whole_answer(404, R"({"detail":"Not found."})"), "answered 404", 1},
           odd{"a redirect", whole_answer(302, "", "Location: http://127.0.0.1:1/elsewhere\r\n"),
               "answered 302", 1},
           odd{"a forbidden key", whole_answer(403, R"({"detail":"no"})"), "refuses this account's key (403)",
               1},
       })
    meet(o);
}

TEST_CASE("a Retry-After that says nothing is waited out by a pause of our own") {
  std::atomic<int> throttled{0};
  odd_courier c([&](const odd_courier& self, const std::string& target) {
    if (!target.ends_with("?page=1")) return whole_answer(404, R"({"detail":"Invalid page."})");
    return ++throttled <= 8 ? whole_answer(429, "{}", "Retry-After: soon\r\n") : whole_answer(200, self.list);
  });
  auto r = c.shop.sweep(0).at("example-a");
  CHECK(number(r, "throttled") == 8); // more than six: they use up no tries
  CHECK(r.at("seconds").to_number<double>() > 8 * 0.25);
}

TEST_CASE("a next that names another host is never followed") {
  raw_courier other([](const std::string&) { return whole_answer(200, "{}"); });
  odd_courier c([&](const odd_courier& self, const std::string& target) {
    std::string list = self.list;
    if (target.ends_with("page=1"))
      list.replace(list.find("null"), 4, "\"" + other.url() + "/api/stores/orders/?page=2\"");
    return target.ends_with("page=1") ? whole_answer(200, list)
                                      : whole_answer(404, R"({"detail":"Invalid page."})");
  });
  auto r = c.shop.sweep(0).at("example-a");
  CHECK(text(r, "verdict") == "complete");
  CHECK(number(r, "fetched") == 3);
  CHECK(other.targets().empty());
}

TEST_CASE("a courier that is away for a while in mid-sweep is waited for, and asked little meanwhile") {
  reconciler_process s(one, 150);
  s.set(R"({"latency_ms":20})");
  std::atomic<int> requests_while_away{0};
  // Hands every request on to the stand-in; for two seconds after the tenth it hangs up instead.
  std::chrono::steady_clock::time_point gone;
  int requests = 0;
  raw_courier between([&](const std::string& target) {
    if (++requests == 10) gone = std::chrono::steady_clock::now();
    if (requests >= 10 && std::chrono::steady_clock::now() - gone < std::chrono::seconds(2)) {
      ++requests_while_away;
      return raw_answer{"", {}, false, true};
    }
    auto response = http_get(s.url + target, "Token example-key-1");
    return whole_answer(static_cast<int>(response.status), response.body);
  });
  s.db.execute("update shipping_accounts set \"baseUrl\" = '" + between.url() + "'");
  auto r = s.sweep(0).at("example-a");
  CHECK(text(r, "verdict") == "complete");
  CHECK(s.differences().empty());
  CHECK(requests_while_away >= 8);
  CHECK(requests_while_away < 20);
}
