// `suivi-receiver replay` as an operator runs it: by everything that can be named, from every source, dry,
// paced, stopped in the middle, and with the exit status of the contract.
#include "tests/programs/operations_client.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/connected.hpp"
#include "tests/support/folder.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace suivi::test;

namespace {

using clock = std::chrono::steady_clock;

finished replay(const operations_client& s, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"replay", "--json"});
  return run_program("suivi-receiver", arguments, s.environment);
}

// "selected 2 applied 1 …" of what is not 0; the whole of standard output is one document.
std::string counts(const finished& done, int status = 0) {
  CAPTURE(done.log);
  CAPTURE(done.output);
  CHECK(done.status == status);
  boost::system::error_code failed;
  auto document = json::parse(done.output, failed);
  REQUIRE_FALSE(failed);
  std::string all;
  for (const auto& one : document.as_object())
    if (one.value().is_number() && one.value().to_number<std::int64_t>() > 0)
      all += std::string(one.key()) + " " + text(one.value()) + " ";
  return all;
}

std::string order_status(const operations_client& s, const std::string& order) {
  return s.db.value("select coalesce(\"shippingStatus\", '-') from orders where \"id\" = '" + order + "'");
}

// Events of orders that are not there yet; then they are. Nobody but a replay looks at them.
std::vector<std::string> parked(const operations_client& s, int from, int to) {
  std::vector<std::string> ids;
  for (int n = from; n < to; ++n) ids.push_back(s.push("P" + std::to_string(n), 31));
  for (const auto& id : ids) s.await(id, "parked");
  return ids;
}
void add_orders(const operations_client& s, int from, int to) {
  s.db.execute(orders_sql("p", "P", from, to - 1, "'example-a'"));
}
void stop_receiver(operations_client& s) {
  s.receiver->signal(SIGTERM);
  REQUIRE(s.receiver->wait() == 0);
}

std::string file_of(const operations_client& s, const std::string& content) {
  auto path = s.spool.path() + "/events.ndjson";
  std::ofstream(path) << content;
  return path;
}

} // namespace

TEST_CASE(
    "a replay takes what it was told by outcome, id, time and account, and a second one changes nothing") {
  operations_client s;
  auto ids = parked(s, 1, 6);
  (void)s.push_raw("{");
  s.await(s.push("R1", 31), "applied");
  stop_receiver(s);
  add_orders(s, 1, 6);
  CHECK(counts(replay(s, {"--until", "1h"})) == "");
  CHECK(counts(replay(s, {"--since", "2100-01-01T00:00:00Z"})) == "");
  CHECK(counts(replay(s, {"--event", ids[0], "--until", "1h"})) == "");
  CHECK(counts(replay(s, {"--outcome", "conflict"})) == "");

  auto dry = replay(s, {"--dry-run"});
  CHECK(counts(dry) == "selected 6 applied 5 quarantined 1 ");
  auto changes = json::parse(dry.output).at("changes").as_array();
  CHECK(changes.size() >= 5);
  CHECK(names(changes[0]) == std::set<std::string>{"reference", "field", "from", "to"});
  CHECK(order_status(s, "p1") == "-");

  CHECK(counts(replay(s, {"--event", ids[0], "--event", ids[1]})) == "selected 2 applied 2 ");
  CHECK(order_status(s, "p2") == "EXPÉDIÉ");
  CHECK(order_status(s, "p3") == "-");
  CHECK(counts(replay(s, {"--outcome", "parked", "--since", "24h", "--account", "example-a"})) ==
        "selected 3 applied 3 ");
  CHECK(counts(replay(s, {})) == "selected 1 quarantined 1 ");
  for (int again = 0; again < 2; ++again)
    CHECK(counts(replay(s, {"--outcome", "all"})) == "selected 7 unchanged 6 quarantined 1 ");
  CHECK(s.db.number("select count(*) from suivi.waiting_event") == 0);
  auto table = run_program("suivi-receiver", {"replay", "--outcome", "applied"}, s.environment);
  CHECK(table.status == 0);
  CHECK(table.output.find("selected ") == 0);
  CHECK(table.log.find('\r') == std::string::npos); // a bar is for terminals
}

TEST_CASE("a replay reads files of bodies and of printed events, and rows of the old system") {
  operations_client s;
  auto id = s.push("R1", 31);
  s.await(id, "applied");
  auto printed = text(s.get_json("webhooks/events").at_pointer("/events/0"));
  stop_receiver(s);
  s.db.execute(R"(update orders set "shippingStatus" = null)");
  auto path = file_of(s, printed + "\n\n" +
                             R"({"event":"x","payload":{"id":"f2","status":22,"external_order_id":"R2"}})" +
                             "\nnonsense\n");
  CHECK(counts(replay(s, {"--file", path, "--dry-run"})) == "selected 3 applied 2 quarantined 1 ");
  CHECK(order_status(s, "o2") == "-");
  CHECK(counts(replay(s, {"--file", path, "--account", "example-a"})) ==
        "selected 3 applied 2 quarantined 1 ");
  CHECK(order_status(s, "o1") == "EXPÉDIÉ");
  CHECK(order_status(s, "o2") != "-");
  CHECK(counts(replay(s, {"--file", path})) == "selected 3 unchanged 2 quarantined 1 ");

  s.db.execute(
      R"(insert into webhook_events ("id", "source", "eventType", "payload", "processed", "createdAt") values
    ('l1', 'MAYSTRO', 'OrderStatusChanged', '{"event":"x","payload":{"id":"l3","status":31,"external_order_id":"R3"}}', false, now() - interval '2 days'),
    ('l2', 'MAYSTRO', 'error', '{"error":"x","body":{"event":"x","payload":{"id":"l4","status":31,"external_order_id":"R4"}},"headers":{}}', false, now() - interval '1 hour'),
    ('l3', 'MAYSTRO', 'OrderStatusChanged', '{"event":"x","payload":{"id":"l5","status":31,"external_order_id":"R5"}}', true, now()))");
  CHECK(counts(replay(s, {"--legacy", "--since", "24h"})) == "selected 1 applied 1 ");
  CHECK(order_status(s, "o4") == "EXPÉDIÉ");
  CHECK(counts(replay(s, {"--legacy"})) == "selected 2 applied 1 unchanged 1 ");
  CHECK(order_status(s, "o5") == "-");
}

TEST_CASE("a replay's mistakes are status 2, an absent database 1, and what failed 3") {
  operations_client s;
  auto event = s.push("R1", 31);
  s.await(event, "applied");
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--since", "yesterday"},
                                                                     {"--until", "24"},
                                                                     {"--outcome", "good"},
                                                                     {"--rate", "0"},
                                                                     {"--rate", "many"},
                                                                     {"--rate", "-1"},
                                                                     {"--file", "no-such-file"},
                                                                     {"--legacy", "--file", "x"},
                                                                     {"--account", ""},
                                                                     {"--event", "999999"},
                                                                     {"--event", "none"},
                                                                     {"--event", event, "--event", "999999"},
                                                                     {"--event", "none", "--legacy"},
                                                                     {"--no-such"}}) {
    auto done = replay(s, arguments);
    CAPTURE(done.log);
    CHECK(done.status == 2);
    CHECK(done.output.empty());
    CHECK(done.log.find(arguments[0]) != std::string::npos);
  }
  // An event that the database refuses to have applied.
  stop_receiver(s);
  s.db.execute(R"(create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'no' using errcode = '23514'; end $$;
    create trigger refuse before update on orders for each row when (old."id" = 'o1') execute function refuse())");
  s.db.execute(
      R"(alter table orders disable trigger refuse; update orders set "shippingStatus" = null where "id" = 'o1';
                  alter table orders enable trigger refuse)");
  CHECK(counts(replay(s, {"--outcome", "all"}), 3) == "selected 1 failed 1 ");
  s.db.execute("drop trigger refuse on orders");
  CHECK(counts(replay(s, {"--outcome", "all"})) == "selected 1 applied 1 ");
  s.environment["DATABASE_URL"] = "postgresql://postgres@127.0.0.1:1/none";
  auto begun = clock::now();
  auto away = replay(s, {});
  CHECK(away.status == 1);
  CHECK(away.output.empty());
  CHECK(clock::now() - begun < std::chrono::seconds(20 * slowness));
}

TEST_CASE("a replay keeps its rate and a signal in its middle ends it in order with everything given back") {
  operations_client s;
  s.db.execute(R"(with u as (select nextval('suivi.event_id') as id, n from generate_series(1, 400) n), i as (
      insert into suivi.inbox (id, stored_on, received_at, account, raw, name, reference, status)
      select id, (now() at time zone 'UTC')::date, now(), 'example-a', convert_to('{"event":"x","payload":{"id":"p' || n ||
             '","status":31,"external_order_id":"P' || n || '"}}', 'UTF8'), 'x', 'P' || n, 31 from u returning id, stored_on)
    insert into suivi.event_outcome (event_id, stored_on, outcome) select id, stored_on, 'conflict' from i)");
  stop_receiver(s);
  add_orders(s, 1, 401);
  auto begun = clock::now();
  CHECK(counts(replay(s, {"--rate", "50", "--event", s.db.value("select min(id) from suivi.inbox")})) ==
        "selected 1 applied 1 ");
  for (int signal : {SIGINT, SIGTERM}) {
    begun = clock::now();
    auto applied = s.db.number("select count(*) from suivi.event_outcome where outcome = 'applied'");
    program slow("suivi-receiver", {"replay", "--json", "--rate", "50"}, s.environment);
    wait_until("some of them", [&] {
      return s.db.number("select count(*) from suivi.event_outcome where outcome = 'applied'") > applied + 20;
    });
    CHECK(clock::now() - begun > std::chrono::milliseconds(200)); // at 50 a second
    slow.signal(signal);
    CHECK(slow.wait(std::chrono::seconds(10)) == 3);
    auto said = json::parse(slow.output());
    CHECK(said.at("applied").to_number<int>() > 20);
    CHECK(said.at("selected") == said.at("applied"));
    CHECK(s.db.number("select count(*) from suivi.waiting_event") ==
          0); // nothing is left in a dead replay's hands
  }
  auto left = s.db.number("select count(*) from suivi.event_outcome where outcome = 'conflict'");
  CHECK(left > 0);
  CHECK(counts(replay(s, {})) ==
        "selected " + std::to_string(left) + " applied " + std::to_string(left) + " ");
  CHECK(s.db.number(R"(select count(*) from orders where "id" like 'p%' and "shippingStatus" = 'EXPÉDIÉ')") ==
        400);
}

// A signal ends it only once it is listened to.
bool catches(const program& one, int signal) {
  std::ifstream status("/proc/" + std::to_string(one.id()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigCgt:"))
      return ((std::stoull(line.substr(7), nullptr, 16) >> (signal - 1)) & 1U) != 0;
  return false;
}

std::uint64_t bytes_read_by(const program& one) {
  std::ifstream counted("/proc/" + std::to_string(one.id()) + "/io");
  std::string name;
  std::uint64_t bytes = 0;
  counted >> name >> bytes; // rchar
  return bytes;
}

TEST_CASE("a replay of a file that never ends, or comes no further, stops at a signal all the same") {
  operations_client s;
  folder here;
  std::string pipe = here.path() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  int held_open = ::open(pipe.c_str(), O_RDWR); // whoever reads waits for more
  REQUIRE(held_open >= 0);
  program no_further("suivi-receiver", {"replay", "--json", "--file", pipe}, s.environment);
  program endless("suivi-receiver", {"replay", "--json", "--file", "/dev/zero"}, s.environment);
  std::string line = a_webhook("u1", 31, "R1") + "\n";
  REQUIRE(::write(held_open, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  wait_until("the line's being read", [&] {
    int left = 1;
    return ::ioctl(held_open, FIONREAD, &left) == 0 && left == 0;
  });
  wait_until("many bytes' being read", [&] { return bytes_read_by(endless) > 10'000'000; });
  for (program* each : {&no_further, &endless}) {
    REQUIRE(catches(*each, SIGTERM));
    each->signal(SIGTERM);
  }
  for (program* each : {&no_further, &endless}) CHECK(each->wait(std::chrono::seconds(12)) == 3);
  ::close(held_open);
}

TEST_CASE("what a stopped replay holds because its order is locked is free for others at once") {
  operations_client s;
  auto id = parked(s, 1, 2)[0];
  stop_receiver(s);
  add_orders(s, 1, 2);
  suivi::test::run([&]() -> suivi::task<void> {
    auto options = s.db.options();
    options.idle_in_transaction_timeout = suivi::milliseconds(60'000);
    auto locker = co_await connected(options);
    auto locked = co_await locker.run_script(R"(begin; select from orders where "id" = 'p1' for update)");
    REQUIRE(locked);
    program waiting("suivi-receiver", {"replay", "--json"}, s.environment);
    wait_until("the event in its hands", [&] {
      return s.db.number("select count(*) from suivi.waiting_event where owner like 'replay %'") == 1;
    });
    waiting.signal(SIGTERM);
    CHECK(waiting.wait(std::chrono::seconds(10)) == 3);
    auto freed = co_await locker.run_script("rollback");
    CHECK(freed);
  });
  CHECK(s.db.number("select count(*) from suivi.waiting_event where owner is null and due_at <= now()") == 1);
  CHECK(counts(replay(s, {"--event", id, "--outcome", "all"})) == "selected 1 applied 1 ");
}

TEST_CASE("the API replays up to a hundred thousand events and refuses more") {
  operations_client s;
  s.db.execute(R"(insert into suivi.inbox (id, stored_on, received_at, raw, outcome, error)
    select nextval('suivi.event_id'), (now() at time zone 'UTC')::date, now() - (n > 100000)::int * interval '2 hours', '{', 'quarantined', 'x'
    from generate_series(1, 100001) n)");
  auto many = s.operate("POST", "webhooks/replay", "{}");
  CHECK(many.status == 400);
  CHECK(is_error(many));
  auto fits = s.operate("POST", "webhooks/replay", R"({"since":"1h"})");
  CHECK(fits.status == 200);
  CHECK(fits.at("/data/selected") == 100000);
  CHECK(fits.at("/data/quarantined") == 100000);
}
