// What `status` tells an operator at night: by account, what failed and since when, however many sweeps came
// after it; and words that were mistyped.
#include "tests/programs/doctor_process.hpp"

#include <algorithm>

using namespace suivi::test;

namespace {

const std::string two = "example-a:example-key-1:A,example-b:example-key-2:B";

json::object status(const reconciler_process& s, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"status", "--json"});
  return document(run_program("suivi-reconciler", more, s.environment)).as_object();
}

json::object account(const json::object& status, const std::string& id) {
  for (const json::value& each : status.at("accounts").as_array())
    if (text(each.as_object(), "id") == id) return each.as_object();
  FAIL("no account " << id);
  return {};
}

int incremental(const reconciler_process& s, const std::string& of) {
  return run_program("suivi-reconciler", {"sweep", "--incremental", "--account", of}, s.environment).status;
}

} // namespace

TEST_CASE("a failed full sweep stays in sight, however many incremental ones are complete after it, until a "
          "full one is") {
  reconciler_process s(two, 30);
  s.environment["SUIVI_RECONCILER_TIMEZONE"] = "UTC";
  s.environment["SUIVI_RECONCILER_SCHEDULE"] =
      s.db.value("select to_char(now() at time zone 'UTC' + interval '12 hours', 'HH24:MI')");
  (void)s.sweep(0);
  s.set(R"({"fail_pages":[4]})");
  auto failed = run_program("suivi-reconciler", {"sweep", "--account", "example-a"}, s.environment);
  CHECK(failed.status == 3);
  CHECK(failed.log.find("a sweep ended incomplete") != std::string::npos); // at warn, so in a command too
  for (int i = 0; i < 7; ++i) REQUIRE(incremental(s, "example-a") == 0);

  auto found = status(s);
  auto a = account(found, "example-a");
  CHECK(text(a, "problem").find("page") != std::string::npos);
  CHECK(text(a, "problemSince") == text(a.at("lastFull").as_object(), "startedAt"));
  CHECK(text(a.at("lastFull").as_object(), "verdict") == "incomplete");
  CHECK(text(a.at("lastIncremental").as_object(), "verdict") == "complete");
  CHECK(account(found, "example-b").at("problem").is_null());
  CHECK(text(a, "nextFullAt") < text(found, "nextSweepAt")); // once more before the next scheduled one
  CHECK(text(account(found, "example-b"), "nextFullAt") == text(found, "nextSweepAt"));
  CHECK(doctor(s).result("sweep_incomplete example-a") == "WARN");
  std::size_t of_a = 0, of_b = 0;
  for (const json::value& each : found.at("sweeps").as_array())
    ++(text(each.as_object(), "account") == "example-a" ? of_a : of_b);
  CHECK(of_a == 7); // five incremental ones, both full ones
  CHECK(of_b == 1);
  CHECK(status(s, {"--limit", "1"}).at("sweeps").as_array().size() == 3);

  s.set(R"({"fail_pages":[]})");
  (void)s.sweep(0);
  CHECK(account(status(s), "example-a").at("problem").is_null());
}

TEST_CASE("of one account the orders are listed that its last full sweep could not write, and those it found "
          "no order for") {
  reconciler_process s(two, 12);
  s.db.execute("delete from orders where \"id\" in (select \"id\" from orders where \"shippingAccountId\" = "
               "'example-a' order by \"id\" limit 1)");
  std::string other =
      s.db.value("update orders set \"shippingAccountId\" = 'example-b' where \"id\" = (select "
                 "min(\"id\") from orders where \"shippingAccountId\" = 'example-a') returning "
                 "\"reference\"");
  std::string narrow =
      s.db.value("select max(\"reference\") from orders where \"shippingAccountId\" = 'example-a'");
  s.db.execute("update orders set \"trackingNumber\" = null");
  s.db.execute("alter table orders add constraint no_number check (\"reference\" <> '" + narrow +
               "' or \"trackingNumber\" is null)");
  (void)s.sweep(3);
  auto found = account(status(s, {"--account", "example-a"}), "example-a");
  CHECK(found.at("conflicting") == json::array{other});
  CHECK(found.at("refused") == json::array{narrow});
  CHECK(found.at("unmatched").as_array().size() == 1);
  CHECK(account(status(s), "example-a").if_contains("refused") == nullptr);
  CHECK(run_program("suivi-reconciler", {"status", "--account", "nobody"}, s.environment).status == 2);

  auto people = run_program("suivi-reconciler", {"status", "--account", "example-a"}, s.environment).output;
  CAPTURE(people);
  for (const std::string& part : std::initializer_list<std::string>{
           "Africa/Algiers", "no worker is at work", "none ever", "example-a (A, maystro)", "problem ",
           "refused           " + narrow, "conflicting       " + other, "INCOMPLETE", "(in "})
    CHECK_MESSAGE(people.find(part) != std::string::npos, part);
  CHECK(people.find('\x1b') == std::string::npos);
}

TEST_CASE("a courier that throttles is told once a sweep, with how often") {
  reconciler_process s("example-a:example-key-1:A", 30);
  s.set(R"({"throttle":0.3,"retry_after_s":0})");
  std::int64_t throttled = 0;
  finished done;
  for (int sweeps = 0; throttled == 0 && sweeps < 30; ++sweeps) { // the stand-in draws lots
    done = run_program("suivi-reconciler", {"sweep"}, s.environment);
    throttled = s.db.number("select throttled from suivi.sweep order by id desc limit 1");
  }
  CAPTURE(done.log);
  REQUIRE(throttled > 0);
  std::string line = "the courier throttled a sweep";
  CHECK(done.log.find(line) != std::string::npos);
  CHECK(done.log.find(line) == done.log.rfind(line));
  CHECK(done.log.find("\"throttled\":" + std::to_string(throttled)) != std::string::npos);
}

TEST_CASE("a command or option that is mistyped is answered with the nearest one") {
  auto said = [](const std::string& program, std::vector<std::string> words) {
    auto done = run_program(program, std::move(words));
    CHECK(done.status == 2);
    CHECK(done.output.empty());
    return done.log;
  };
  CHECK(said("suivi-reconciler", {"statsu"}).find("Did you mean `status`?") != std::string::npos);
  CHECK(said("suivi-reconciler", {"sweep", "--dryrun"}).find("Did you mean `--dry-run`?") !=
        std::string::npos);
  CHECK(said("suivi-reconciler", {"hooks", "ensrue"}).find("Did you mean `ensure`?") != std::string::npos);
  CHECK(said("suivi-receiver", {"relpay"}).find("Did you mean `replay`?") != std::string::npos);
  CHECK(said("suivi-receiver", {"replay", "--outcom", "failed"}).find("`--outcome`") != std::string::npos);
  CHECK(said("suivi-reconciler", {"elsewhere"}).find("Did you mean") == std::string::npos);
}
