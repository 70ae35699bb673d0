// Guepex's events after they were stored: several that were kept as one, and whether they were signed.
#include "receiver/apply/event_account.hpp"
#include "receiver/event/decode_event.hpp"
#include "tests/postgres/receiver/replay_stage.hpp"

using namespace suivi;
using namespace suivi::receiver;

namespace {

const std::string guepex_shop =
    R"sql(insert into shipping_companies ("id", "name", "slug", "updatedAt") values ('c-g', 'Guepex Express', 'Guepex', now());
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt") values
  ('g', 'Guepex', 'c-g', '{"apiId":"id-1","apiToken":"example-key","webhookSecret":"example-signing"}', now());
)sql" +
    test::orders_sql("g", "G", 1, 2, "'g'");

const std::string two_events = R"({"type":"parcel_status_updated","events":[
  {"event_id":"e1","data":{"tracking":"yal-1","status":"Livré","order_id":"G1"}},
  {"event_id":"e2","data":{"tracking":"yal-2","status":"Centre","order_id":"G2"}}]})";

void store(const replay_stage& at, webhook row) {
  test::run([&]() -> task<void> {
    auto open = co_await test::connected(at.db.options());
    std::vector<webhook> rows{std::move(row)};
    auto kept = co_await ingest(open, std::span<const webhook>(rows), "");
    REQUIRE(kept);
  });
}

} // namespace

TEST_CASE("a replay takes the events of a delivery that was quarantined as a whole, each once") {
  replay_stage at;
  at.db.execute(guepex_shop);
  store(at, to_webhook(two_events, "g", at.received));
  CHECK(at.db.value("select outcome from suivi.inbox") == "quarantined");
  CHECK(counts(at.replayed(of("quarantined"), true)) == "selected 1 quarantined 1"); // a dry run
  CHECK(counts(at.replayed(of("quarantined"))) == "selected 3 applied 2 ignored 1");
  CHECK(at.status_of("g1") == "LIVRÉ");
  CHECK(at.status_of("g2") == "CENTRE");
  CHECK(counts(at.replayed(of("quarantined"))).empty());
  CHECK(counts(at.replayed(of("all"))) == "selected 3 unchanged 2 ignored 1");
  CHECK(at.db.number("select count(*) from suivi.inbox") == 3);
}

TEST_CASE("an event counts as signed by what was checked when it came, not by the key its account has now") {
  replay_stage at;
  at.db.execute(guepex_shop);
  std::string body = split_events(two_events).bodies.at(0);
  test::run([&]() -> task<void> {
    auto executor = co_await asio::this_coro::executor;
    database_monitor watched(executor, at.db.options(), 2);
    http::client client(executor, {});
    config::settings settings;
    account_registry accounts(watched, client, settings);
    for (bool has_key : {true, false}) {
      if (!has_key) at.db.execute("update shipping_accounts set credentials = credentials - 'webhookSecret'");
      co_await accounts.refresh_now();
      for (bool was_signed : {true, false}) {
        std::string kept = was_signed ? marked_as_signed(body) : body;
        pending_event event = to_work(to_webhook(kept, "g", at.received), 1);
        CHECK(fill_in_account(event, accounts, suivi::now()));
        CHECK(event.observation.is_signed == was_signed);
      }
    }
    watched.connections().close();
    client.close();
  });
}
