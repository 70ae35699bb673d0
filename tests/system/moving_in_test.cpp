// deploy/MOVING-IN.md as its reader does it, step by step: from the tables that the old system left to a shop
// whose orders are the courier's, and back. A paper that promises what this test does not do is wrong.
#include "tests/programs/courier_process.hpp"
#include "tests/programs/doctor_process.hpp"
#include "tests/support/builders.hpp"

#include <csignal>

using namespace suivi::test;

namespace {

// Roles belong to the cluster: this one goes when the databases that knew it are gone.
class own_role {
 public:
  own_role() : name("moving_" + scratch_.name()) { scratch_.execute("create role " + name + " login"); }
  ~own_role() {
    try {
      scratch_.execute("drop role " + name);
    } catch (const std::exception&) { // the run's cluster goes with all its roles
    }
  }
  own_role(const own_role&) = delete;
  own_role& operator=(const own_role&) = delete;

 private:
  database scratch_{holding::nothing};

 public:
  const std::string name;
};

// The shop as the old system left it, and the courier as it is.
struct old_shop {
  own_role role;
  database db{holding::shop};
  courier_process courier;
  std::map<std::string, std::string> environment{{"DATABASE_URL", url_of_role()},
                                                 {"MAYSTRO_WEBHOOK_SECRET", "example-secret-for-the-move"},
                                                 {"SUIVI_ADMIN_TOKEN", "example-token-for-the-move"},
                                                 {"WEBHOOK_BASE_URL", "https://shop.example"},
                                                 {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_RECONCILER_LISTEN", "127.0.0.1:0"},
                                                 {"SUIVI_MAYSTRO_READ_LAG", "0s"}}; // the stand-in has none

  old_shop() {
    db.execute("revoke all on schema public from public");
    add_customer(db);
    db.execute(R"sql(
insert into shipping_accounts ("id", "name", "companyId", "credentials", "baseUrl", "isActive", "updatedAt")
select 'a', 'Main', "id", '{"apiKey": "example-key-a"}'::jsonb, ')sql" +
               courier.url + R"sql(', true, now() from shipping_companies where "slug" = 'maystro'
union all
select 'closed', 'Closed', "id", '{"apiKey": "example-key-closed"}'::jsonb, null, false, now() from shipping_companies
where "slug" = 'maystro'
)sql");
    courier.has("u-undefined", 31, "UNDEFINED-1");
    courier.has("u-shouted", 22, "UNDEFINED-2");
    courier.has("u-never", 15, "NEVER-SEEN");
    courier.has("u-history", 31, "HISTORY");
    courier.has("u-delivered", 41, "DELIVERED");
    courier.has("u-mixed", 31, "MIXED-UP");
    courier.has("u-unassigned", 31, "UNASSIGNED");
    courier.has("u-right", 31, "RIGHT");
    db.execute(R"sql(
insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "status", "trackingNumber", "shippingStatus",
                    "maystroOrderId", "alertReason", "additionalMetaData", "notes", "createdAt", "updatedAt")
select r, r, 'c', 1, account, st::"OrderStatus", tracking, shipping, maystro, alert, metadata::jsonb, 'by the shop',
       now() - interval '30 days', now() - interval '20 days'
from (values
  -- a word that no courier says, written where the old system read a field that was not there
  ('UNDEFINED-1', 'a',  'SHIPPED',   null,        'undefined',  null,          null, null),
  ('UNDEFINED-2', 'a',  'SHIPPED',   'T-u-shouted', 'UNDEFINED', 'u-shouted',  null, null),
  -- never selected by its status sync, for NULL is not unequal to anything
  ('NEVER-SEEN',  'a',  'CONFIRMED', null,        null,         null,          null, null),
  -- metadata that its own sync would have replaced as a whole
  ('HISTORY',     'a',  'SHIPPED',   null,        'CRÉÉ',       null,          null, '{"ecoManagerConfirmationHistory": [1, 2], "maystro_id": "old"}'),
  -- delivered, but for the order's own status
  ('DELIVERED',   'a',  'SHIPPED',   'T-u-delivered', 'LIVRÉ',  'u-delivered', '5',  null),
  -- another order's parcel, from a look-up whose first row was taken unread
  ('MIXED-UP',    'a',  'SHIPPED',   'T-u-right', 'EXPÉDIÉ',    'u-right',     null, null),
  -- from the days before there were accounts
  ('UNASSIGNED',  null, 'SHIPPED',   null,        null,         null,          null, null),
  ('RIGHT',       'a',  'SHIPPED',   'T-u-right', 'EXPÉDIÉ',    'u-right',     null, null),
  -- references that the courier was never told
  ('ECO-77',      'a',  'CONFIRMED', null,        null,         null,          null, null),
  -- came after its webhook, and is in no list of the courier's any more
  ('LATE',        'a',  'SHIPPED',   null,        null,         null,          null, null)
) as v (r, account, st, tracking, shipping, maystro, alert, metadata);
insert into webhook_events ("id", "orderId", "source", "eventType", "payload", "processed", "error", "createdAt") values
  ('w1', null, 'MAYSTRO', 'OrderStatusChanged', '{"event":"OrderStatusChanged","payload":{"id":"u-late","status":31,"external_order_id":"LATE"}}',
   false, 'Order not found - not synced yet (u-late)', now() - interval '10 days'),
  ('w2', null, 'MAYSTRO', 'error', '{"error":"no key","body":{"event":"OrderStatusChanged","payload":{"id":"u-never","status":15,"external_order_id":"NEVER-SEEN"}},"headers":{}}',
   false, 'no key', now() - interval '9 days'),
  ('w3', null, 'MAYSTRO', 'OrderStatusChanged', '{"event":"OrderStatusChanged","payload":{"id":"u-ghost","status":31,"external_order_id":"NOT-HERE"}}',
   false, 'Order not found - not synced yet (u-ghost)', now() - interval '8 days'),
  ('w4', null, 'MAYSTRO', 'unknown', '{}', false, 'unsupported', now() - interval '8 days'),
  ('w5', 'RIGHT', 'MAYSTRO', 'OrderStatusChanged', '{"event":"OrderStatusChanged","payload":{"id":"u-right","status":4,"external_order_id":"RIGHT"}}',
   true, null, now() - interval '15 days')
)sql");
  }

  [[nodiscard]] std::string url_of_role() const { return with_user(db.owner_url(), role.name); }
  [[nodiscard]] finished receiver(std::vector<std::string> arguments) const {
    return run_program("suivi-receiver", std::move(arguments), environment);
  }
  [[nodiscard]] finished reconciler(std::vector<std::string> arguments) const {
    return run_program("suivi-reconciler", std::move(arguments), environment);
  }
  [[nodiscard]] json::object report_of(const finished& done) const {
    CAPTURE(done.log);
    CAPTURE(done.output);
    REQUIRE(done.status == 0);
    return json::parse(done.output).as_object().at("sweeps").as_array().at(0).as_object();
  }
  // Tracking number, status, courier id, own status.
  [[nodiscard]] std::string order(const std::string& reference) const {
    return db.value(R"sql(
select concat_ws(' ', coalesce("trackingNumber", '-'), coalesce("shippingStatus", '-'), coalesce("maystroOrderId", '-'), "status")
from orders where "reference" = ')sql" +
                    reference + "'");
  }
  // All that the shop's schema consists of, but for who may do what.
  [[nodiscard]] std::string catalog() const {
    return db.value(R"sql(
select md5(string_agg(line, E'\n' order by line)) from (
  select format('%s %s %s %s %s', c.oid::regclass, c.relkind, a.attname, a.atttypid::regtype, a.attnotnull) as line
  from pg_class c left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 where c.relnamespace = 'public'::regnamespace
  union all select pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace
  union all select pg_get_indexdef(indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
            where c.relnamespace = 'public'::regnamespace
  union all select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
            where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
  union all select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace
) all_of_it)sql");
  }
  // All that is none of Suivi's business.
  [[nodiscard]] std::string others() const {
    return db.value(R"sql(
select md5(string_agg(line, E'\n' order by line)) from (
  select (to_jsonb(o) - array['trackingNumber', 'shippingStatus', 'maystroOrderId', 'alertedAt', 'alertReason', 'abortReason',
                              'additionalMetaData', 'status', 'updatedAt'])::text as line from orders o
  union all select to_jsonb(c)::text from customers c
  union all select to_jsonb(c)::text from shipping_companies c
  union all select to_jsonb(w)::text from webhook_events w
  union all select (to_jsonb(a) - array['requestCount', 'successCount', 'errorCount', 'lastUsed', 'lastTestAt',
                                        'lastTestStatus', 'lastTestError'])::text from shipping_accounts a
) all_of_it)sql");
  }
  [[nodiscard]] std::string orders_as_they_are() const {
    return db.value(R"(select md5(string_agg(o::text, ',' order by o."id")) from orders o)");
  }
};

// What `doctor` says of rights.
std::string rights_by_doctor(const old_shop& s) {
  finished done = s.reconciler({"doctor", "--json"});
  CAPTURE(done.log);
  const json::value printed = document(done);
  for (const json::value& each : printed.as_object().at("checks").as_array()) {
    const json::object& check = each.as_object();
    if (text(check, "name") == "rights") return text(check, "result") + " " + text(check, "remedy");
  }
  return "not examined";
}

// What a sweep would do, told without writing.
json::object dry_run(old_shop& s) {
  CHECK(s.receiver({"--check-config"}).status == 0);
  CHECK(s.reconciler({"migrate", "--json"}).status == 0);
  CHECK(rights_by_doctor(s) == "PASS ");
  const std::string before = s.orders_as_they_are();
  auto dry = s.report_of(s.reconciler({"sweep", "--dry-run", "--max-orders", "0", "--json"}));
  CHECK(number(dry, "matched") == 8);
  CHECK(s.orders_as_they_are() == before);
  CHECK(s.db.number("select count(*) from suivi.sweep") == 0);
  return dry;
}

void check_every_order_is_right(const old_shop& s) {
  CHECK(s.order("UNDEFINED-1") == "T-u-undefined EXPÉDIÉ u-undefined SHIPPED");
  CHECK(s.order("UNDEFINED-2").find("UNDEFINED") == std::string::npos);
  CHECK(s.order("NEVER-SEEN").find("T-u-never ") == 0);
  CHECK(s.order("HISTORY") == "T-u-history EXPÉDIÉ u-history SHIPPED");
  CHECK(
      s.db.value(
          R"(select "additionalMetaData"->>'ecoManagerConfirmationHistory' from orders where "id" = 'HISTORY')") ==
      "[1, 2]");
  CHECK(s.order("DELIVERED") == "T-u-delivered LIVRÉ u-delivered DELIVERED");
  CHECK(s.order("MIXED-UP") == "T-u-mixed EXPÉDIÉ u-mixed SHIPPED");
  CHECK(s.order("UNASSIGNED") == "T-u-unassigned EXPÉDIÉ u-unassigned SHIPPED");
  CHECK(s.order("RIGHT") == "T-u-right EXPÉDIÉ u-right SHIPPED");
  CHECK(s.order("ECO-77") == "- - - CONFIRMED");
}

json::object legacy(const old_shop& s, std::vector<std::string> more) {
  std::vector<std::string> arguments{"replay", "--legacy", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  auto done = s.receiver(arguments);
  CAPTURE(done.log);
  CAPTURE(done.output);
  CHECK(done.status == 0);
  return json::parse(done.output).as_object();
}

void replay_unprocessed(const old_shop& s) {
  CHECK(number(legacy(s, {"--dry-run"}), "selected") == 4);
  CHECK(s.order("LATE") == "- - - SHIPPED");
  auto replayed = legacy(s, {});
  CHECK(number(replayed, "applied") == 1);
  CHECK(number(replayed, "failed") == 0);
  CHECK(s.order("LATE").find(" EXPÉDIÉ u-late SHIPPED") != std::string::npos);
  CHECK(number(legacy(s, {}), "applied") == 0);
}

void push_to_the_old_addresses(old_shop& s, const std::string& base) {
  wait_until("the receiver",
             [&] { return http_get(base + "/readyz").body.find("\"up\"") != std::string::npos; });
  for (const char* path : {"/api/webhooks/maystro", "/api/v1/webhooks/maystro"})
    CHECK(http_post(base + path, a_webhook("u-right", 32, "RIGHT")).status == 401);
  auto pushed = http_post(base + "/api/webhooks/maystro?secret=example-secret-for-the-move",
                          a_webhook("u-undefined", 41, "UNDEFINED-1", "2099-01-01T00:00:00Z"));
  CAPTURE(pushed.body);
  CHECK(pushed.status == 200);
  s.courier.post("orders/u-never/status", {{"status", 22}, {"push", false}});
  CHECK(http_post(base + "/api/v1/webhooks/maystro", a_webhook("u-never", 22, "NEVER-SEEN"),
                  "Bearer example-secret-for-the-move")
            .status == 200);
  wait_until("the order of the webhook at the old address", [&] {
    return s.order("NEVER-SEEN").find("T-u-never ") == 0 &&
           s.db.number("select count(*) from suivi.waiting_event") == 0;
  });
}

void check_the_worker_sweeps(const old_shop& s) {
  wait_until("the worker's sweep", [&] {
    return s.db.number(
               "select count(*) from suivi.sweep where verdict = 'complete' and kind = 'incremental'") > 0;
  });
  CHECK(s.report_of(s.reconciler({"sweep", "--full", "--json"})).at("verdict") == "complete");
  CHECK(s.reconciler({"verify"}).status == 0);
  auto checks = s.reconciler({"doctor"});
  CAPTURE(checks.output);
  CHECK(checks.output.find("rights") != std::string::npos);
}

void sweep_everything(old_shop& s, const json::object& dry) {
  auto first = s.report_of(s.reconciler({"sweep", "--full", "--json"}));
  CHECK(text(first, "verdict") == "complete");
  CHECK(number(first, "matched") == number(dry, "matched"));
  CHECK(number(first, "backfilled") == number(dry, "backfilled"));
  check_every_order_is_right(s);
  CHECK(s.reconciler({"verify"}).status == 0);
  auto again = s.report_of(s.reconciler({"sweep", "--full", "--json"}));
  CHECK(number(again, "statusChanged") == 0);
  CHECK(number(again, "backfilled") == 0);
}

} // namespace

TEST_CASE("a shop of the old system moves in by the paper, every order becomes right, and it can move back") {
  old_shop s;
  const std::string catalog = s.catalog(), others = s.others();

  // 1. Rights: the script, run by the tables' owner, and nothing else.
  run_rights_script(s.db.owner_url(), s.role.name);
  CHECK(rights_by_doctor(s) == "PASS ");

  // 2. A look without writing.
  const json::object dry = dry_run(s);

  // 3. The first whole sweep.
  s.environment["SUIVI_RECONCILER_MAX_ORDERS"] = "0";
  sweep_everything(s, dry);

  // 4. Webhooks that the old system never processed.
  replay_unprocessed(s);

  // 5. Hooks, and the addresses that the courier knows already.
  CHECK(s.reconciler({"hooks", "ensure"}).status == 0);
  program receiver("suivi-receiver", {}, s.environment);
  std::string base = "http://127.0.0.1:" + std::to_string(receiver.number_from_log("port"));
  push_to_the_old_addresses(s, base);

  // 6. The worker in the old scheduler's place.
  s.environment["SUIVI_RECONCILER_INCREMENTAL_EVERY"] = "1s";
  program worker("suivi-reconciler", {"run"}, s.environment);
  check_the_worker_sweeps(s);

  // 7. And back: the shop is what it was, with right orders.
  const std::string right = s.orders_as_they_are();
  CHECK(s.reconciler({"hooks", "remove"}).status == 0);
  for (program* each : {&worker, &receiver}) {
    each->signal(SIGTERM);
    CHECK(each->wait() == 0);
  }
  s.db.execute("drop schema suivi cascade; drop owned by " + s.role.name);
  CHECK(s.orders_as_they_are() == right);
  CHECK(s.catalog() == catalog);
  CHECK(s.others() == others);
  CHECK(s.order("DELIVERED") == "T-u-delivered LIVRÉ u-delivered DELIVERED");
}
