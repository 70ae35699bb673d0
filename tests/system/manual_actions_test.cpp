// What an operator types and reads by hand: migrations, tables instead of JSON, what is missing and how it is
// named, and the worker's own address.
#include "tests/programs/operations_client.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace suivi::test;

namespace {

const std::vector<std::string> both{"suivi-receiver", "suivi-reconciler"};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("migrate says what has not run without running it, runs it, and a database beyond the program is "
          "refused") {
  for (const std::string& name : both) {
    CAPTURE(name);
    database db(holding::shop);
    std::map<std::string, std::string> environment{{"DATABASE_URL", db.url()},
                                                   {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}};
    auto migrate = [&](std::vector<std::string> more) {
      more.insert(more.begin(), "migrate");
      return run_program(name, more, environment);
    };
    auto before = migrate({"--check"});
    CHECK(before.status == 1);
    CHECK(contains(before.output, "behind"));
    CHECK(db.value("select to_regnamespace('suivi') is null") == "t");
    auto before_in_json = json::parse(migrate({"--check", "--json"}).output);
    CHECK(before_in_json.at("current").as_bool() == false);
    CHECK(before_in_json.at("missing").as_int64() > 0);
    CHECK(before_in_json.at("missing") == before_in_json.at("scripts"));
    auto ran = migrate({});
    CHECK(ran.status == 0);
    CHECK(db.number("select count(*) from suivi.schema_version") > 0);
    CHECK(migrate({}).output != ran.output);
    auto after = migrate({"--check"});
    CHECK(after.status == 0);
    CHECK(contains(after.output, "current"));
    auto after_in_json = json::parse(migrate({"--json"}).output);
    CHECK(after_in_json.at("current").as_bool());
    CHECK(after_in_json.at("ran").as_int64() == 0);
    db.execute("insert into suivi.schema_version (version, name) values (9999, '9999_later.sql')");
    for (const auto& arguments : {std::vector<std::string>{}, std::vector<std::string>{"--check"}}) {
      auto beyond = migrate(arguments);
      CHECK(beyond.status == 1);
      CHECK(contains(beyond.log, "9999"));
    }
    environment["DATABASE_URL"] = "postgresql://postgres@127.0.0.1:1/none";
    CHECK(migrate({}).status == 1);
  }
}

TEST_CASE(
    "a database address as other clients write it works, and what is dropped of it is named in the log") {
  database db;
  std::string url =
      " " +
      with_parameters(db.url(), "schema=public&pgbouncer=true&connection_limit=1&supa=base-pooler.x"
                                "&uselibpqcompat=true&sslmode=no-verify") +
      "\n";
  std::map<std::string, std::string> environment{{"DATABASE_URL", url},
                                                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                                                 {"MAYSTRO_API_KEY", "example-key"},
                                                 {"MAYSTRO_BASE_URL", "http://127.0.0.1:1"},
                                                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"}};
  for (const std::string& name : both) {
    program running(name, {}, environment);
    std::string base = "http://127.0.0.1:" + std::to_string(running.number_from_log("port"));
    wait_until("readiness", [&] { return http_get(base + "/readyz").status == 200; });
    for (const char* dropped : {"supa", "uselibpqcompat", "sslmode=no-verify"})
      CHECK(contains(running.log(), dropped));
    CHECK_FALSE(contains(running.log(), "pgbouncer"));
  }
}

TEST_CASE("an address that is taken ends a program with status 1 and a line that names it") {
  database db;
  int taken = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(taken, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(taken, 1) == 0);
  REQUIRE(::getsockname(taken, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  auto address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  folder spool;
  std::map<std::string, std::string> environment{
      {"DATABASE_URL", db.url()},           {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
      {"MAYSTRO_API_KEY", "example-key-1"}, {"SUIVI_RECEIVER_SPOOL", spool.path()},
      {"SUIVI_RECEIVER_LISTEN", address},   {"SUIVI_RECONCILER_LISTEN", address}};
  for (const std::string& name : both) {
    auto ended = run_program(name, {}, environment);
    CAPTURE(name);
    CAPTURE(ended.log);
    CHECK(ended.status == 1);
    CHECK(contains(ended.log, address));
  }
  ::close(taken);
}

TEST_CASE(
    "the worker's address answers health, readiness and figures, and says what is not there or not allowed") {
  operations_client s;
  program worker("suivi-reconciler", {"run"}, s.environment);
  auto base = "http://127.0.0.1:" + std::to_string(worker.number_from_log("port"));
  wait_until("readiness", [&] { return http_get(base + "/readyz").status == 200; });
  CHECK(http_get(base + "/readyz").body == R"({"database":"up"})");
  CHECK(http_get(base + "/healthz").status == 200);
  auto figures = http_get(base + "/metrics?x=1");
  CHECK(figures.status == 200);
  CHECK(contains(figures.body, "suivi_build_info{version="));
  CHECK_FALSE(contains(figures.body, "example-key-1"));
  auto nothing = ask("GET", base + "/sweeps");
  CHECK(nothing.status == 404);
  CHECK(is_error(nothing));
  auto wrong = ask("POST", base + "/healthz", "", "{}");
  CHECK(wrong.status == 405);
  CHECK(wrong.header("Allow") == "GET, HEAD");
  CHECK(is_error(wrong));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE("a dry replay and a comparison print tables that name each order, its column and both values") {
  operations_client s;
  auto id = s.push("R1", 31);
  s.await(id, "applied");
  s.receiver->signal(SIGTERM);
  REQUIRE(s.receiver->wait() == 0);
  s.db.execute(R"(update orders set "shippingStatus" = null where "id" = 'o1')");
  auto dry = run_program("suivi-receiver", {"replay", "--outcome", "all", "--dry-run"}, s.environment);
  CHECK(dry.status == 0);
  CHECK(contains(dry.output, "would change\n  R1 "));
  CHECK(contains(dry.output, "(nothing) -> EXPÉDIÉ"));
  auto real = run_program("suivi-receiver", {"replay", "--outcome", "all"}, s.environment);
  CHECK(real.status == 0);
  CHECK(contains(real.output, "applied               1\n"));
  CHECK_FALSE(contains(real.output, "would change"));
  auto again = run_program("suivi-receiver", {"replay", "--outcome", "all", "--dry-run"}, s.environment);
  CHECK(contains(again.output, "nothing would change"));

  REQUIRE(run_program("suivi-reconciler", {"sweep", "--full"}, s.environment).status == 0);
  auto spoilt = s.db.value(R"(update orders set "trackingNumber" = 'typed by hand' where "reference" = (
    select "reference" from orders where "trackingNumber" is not null and "id" !~ '^o[0-9]+$' order by 1 limit 1) returning "reference")");
  auto compared = run_program("suivi-reconciler", {"verify"}, s.environment);
  CAPTURE(compared.output);
  CHECK(compared.status == 1);
  CHECK(contains(compared.output, "account "));
  CHECK(contains(compared.output, spoilt));
  CHECK(contains(compared.output, "typed by hand"));
  CHECK(contains(compared.output, " 1 differences, 0 unreadable"));
}

TEST_CASE("what hooks cannot do without is named with where to put it, and is status 2") {
  operations_client s;
  s.environment.erase("MAYSTRO_WEBHOOK_SECRET");
  auto hooks = [&](const char* verb) {
    return run_program("suivi-reconciler", {"hooks", verb}, s.environment);
  };
  for (const char* verb : {"ensure", "remove"}) {
    auto no_address = hooks(verb);
    CHECK(no_address.status == 2);
    CHECK(contains(no_address.log, "receiver.public_url = (not set)"));
    CHECK(contains(no_address.log, "SUIVI_RECEIVER_PUBLIC_URL"));
  }
  s.environment["SUIVI_RECEIVER_PUBLIC_URL"] = "https://shop.example";
  auto no_secret = hooks("ensure");
  CHECK(no_secret.status == 2);
  CHECK(contains(no_secret.log, "receiver.webhook_secrets = (not set)"));
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "***";
  auto hidden = hooks("ensure");
  CHECK(hidden.status == 2);
  CHECK(contains(hidden.log, "--check-config"));
  s.environment["MAYSTRO_WEBHOOK_SECRET"] = "example-secret";
  CHECK(hooks("ensure").status == 0);
}

TEST_CASE("doctor tells a database without the shop's tables, one beyond this program, and orders that two "
          "accounts claim") {
  database empty(holding::nothing);
  auto doctor = [](const std::string& url) {
    auto done = run_program("suivi-reconciler", {"doctor"}, {{"DATABASE_URL", url}});
    CHECK(done.status == 1);
    return done.output;
  };
  auto nothing = doctor(empty.url());
  CHECK(contains(nothing, "there is no table `orders`"));
  CHECK(contains(nothing, "there are no tables shipping_companies and shipping_accounts"));

  database ahead;
  ahead.execute("insert into suivi.schema_version (version, name) values (9999, '9999_later.sql')");
  CHECK(contains(doctor(ahead.url()), "the schema `suivi` cannot be used"));

  operations_client s;
  s.db.execute(R"(update orders set "shippingAccountId" = null where "id" in ('o1', 'o2');
    insert into suivi.adopted_order (order_id, account, contested_by) values ('o1', 'example-a', 'example-b'))");
  auto contested = run_program("suivi-reconciler", {"doctor"}, s.environment);
  CHECK(contains(contested.output, "1 order(s) without account are claimed by two accounts"));
  s.environment["SUIVI_RECONCILER_ADOPT_UNASSIGNED"] = "false";
  s.db.execute("delete from suivi.adopted_order");
  auto open = run_program("suivi-reconciler", {"doctor"}, s.environment);
  CHECK(contains(open.output, "2 order(s) have no account and are never matched"));
}
