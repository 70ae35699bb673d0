// One function a check, in the order in which a person would look.
#include "reconciler/doctor.hpp"

#include "common/base/duration.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

using enum check_result;

// Beyond the first a webhook's time counts for nothing (five minutes ahead of receipt: it is taken as
// untimed).
constexpr milliseconds skew_fails{5 * 60'000};
constexpr milliseconds skew_warns{5'000};
// A sweep that was due and has not come to its end by then is overdue.
constexpr auto sweep_grace = std::chrono::hours(2);
constexpr auto silence = std::chrono::hours(6);

using checks = std::vector<check>;

void add(checks& to, std::string name, check_result result, std::string detail, std::string remedy = {}) {
  to.push_back({std::move(name), std::nullopt, result, std::move(detail),
                result == pass ? std::string() : std::move(remedy)});
}

void add(checks& to, std::string name, const account_facts& of, check_result result, std::string detail,
         std::string remedy = {}) {
  add(to, std::move(name), result, std::move(detail), std::move(remedy));
  to.back().account = of.id;
}

std::string age(instant of, instant now) {
  auto seconds_old = std::chrono::duration_cast<seconds>(now - of);
  if (seconds_old >= std::chrono::hours(48))
    return fmt::format("{} days ago", seconds_old / std::chrono::hours(24));
  if (seconds_old >= std::chrono::hours(2))
    return fmt::format("{} hours ago", seconds_old / std::chrono::hours(1));
  if (seconds_old >= std::chrono::minutes(2))
    return fmt::format("{} minutes ago", seconds_old / std::chrono::minutes(1));
  return "just now";
}

// To the second, where that is enough.
std::string rough(milliseconds d) {
  return format_duration(d >= seconds(1) ? std::chrono::duration_cast<seconds>(d) : d);
}

void check_schema(checks& to, const doctor_facts& f) {
  if (f.schema_error)
    add(to, "schema", fail, fmt::format("the schema `suivi` cannot be used: {}", to_string(*f.schema_error)),
        "Run the newest suivi-reconciler and suivi-receiver against this database.");
  else if (f.scripts_missing && *f.scripts_missing > 0)
    add(to, "schema", fail, fmt::format("the schema `suivi` is behind by {} script(s)", *f.scripts_missing),
        "Run `suivi-reconciler migrate`.");
  else if (f.scripts_missing)
    add(to, "schema", pass, "the schema `suivi` is current");
}

void check_tables(checks& to, const doctor_facts& f) {
  if (!f.orders_table)
    add(to, "orders table", fail, "there is no table `orders`",
        "Point database.url at the shop's database, with `?schema=` if its tables are not in `public`.");
  else if (!f.columns_missing.empty()) {
    std::vector<std::string> names;
    for (const column_fact& c : f.columns_missing)
      names.push_back(fmt::format("{}.\"{}\"", c.table, c.column));
    add(to, "orders table", fail, fmt::format("columns are missing: {}", fmt::join(names, ", ")),
        "Run the shop's own migrations (`prisma migrate deploy`), or point database.url at the right "
        "database.");
  } else
    add(to, "orders table", pass, "the table `orders` has every column that is needed");
}

void check_company(checks& to, const doctor_facts& f) {
  check_result bad = f.accounts_from_environment ? warn : fail;
  if (!f.account_tables)
    add(to, "company", bad, "there are no tables shipping_companies and shipping_accounts",
        "Run the shop's own migrations, or give the key as MAYSTRO_API_KEY.");
  else if (!f.company)
    add(to, "company", bad, "shipping_companies has no row with slug `maystro`",
        "Insert the row with \"slug\" = 'maystro' into shipping_companies, or give the key as "
        "MAYSTRO_API_KEY.");
  else if (!f.company_active)
    add(to, "company", bad, "the company `maystro` is not active",
        "Set \"isActive\" of the row with slug `maystro` in shipping_companies to true.");
  else
    add(to, "company", pass, "the company `maystro` is there and active");
}

void check_accounts(checks& to, const doctor_facts& f) {
  std::string inactive =
      f.inactive_accounts > 0 ? fmt::format(", {} not active", f.inactive_accounts) : std::string();
  if (f.accounts.empty())
    add(to, "accounts", fail, fmt::format("there is no active courier account{}", inactive),
        "Add an account of the company `maystro` with \"isActive\" = true to shipping_accounts, or set "
        "MAYSTRO_API_KEY.");
  else if (f.accounts_from_environment)
    add(to, "accounts", pass,
        fmt::format("{} from the environment{}; they match only orders without account", f.accounts.size(),
                    inactive));
  else
    add(to, "accounts", pass, fmt::format("{} active{}", f.accounts.size(), inactive));
}

void check_key(checks& to, const account_facts& a) {
  std::string row = fmt::format("\"credentials\" of the account `{}` in shipping_accounts", a.id);
  if (!a.has_key)
    add(to, "key", a, fail, "the account has no key",
        fmt::format("Put the courier's token under `apiKey` into {}.", row));
  else if (!a.key)
    add(to, "key", a, pass, "the courier accepts the key");
  else if (a.key->code == "maystro:unauthorized")
    add(to, "key", a, fail, fmt::format("the courier refuses the key: {}", to_string(*a.key)),
        fmt::format("Take a new token from the courier's dashboard and put it under `apiKey` into {}.", row));
  else
    add(to, "key", a, fail, fmt::format("the courier could not be asked: {}", to_string(*a.key)),
        "Check maystro.base_url (and \"baseUrl\" of the account), the network and maystro.request_timeout, "
        "then run `suivi-reconciler doctor` again.");
}

void check_courier_clock(checks& to, const account_facts& a) {
  if (!a.courier_ahead) return;
  milliseconds off = std::chrono::abs(*a.courier_ahead);
  std::string detail = fmt::format("the courier's clock is {} {} ours", rough(off),
                                   a.courier_ahead->count() < 0 ? "behind" : "ahead of");
  std::string remedy = "Let this machine's clock be set by NTP (`timedatectl set-ntp true`).";
  // Date tells whole seconds.
  if (off >= skew_fails)
    add(to, "courier clock", a, fail, detail, remedy);
  else if (off >= skew_warns)
    add(to, "courier clock", a, warn, detail, remedy);
  else
    add(to, "courier clock", a, pass, "the courier's clock agrees with ours");
}

void check_hooks(checks& to, const doctor_facts& f, const account_facts& a) {
  std::string ensure = fmt::format("Run `suivi-reconciler hooks ensure --account {}`.", a.id);
  if (!f.public_url_set) {
    add(to, "hooks", a, warn, "it is not known under which address the courier would reach the receiver",
        "Set receiver.public_url, then run `suivi-reconciler hooks ensure`.");
  } else if (a.hooks) {
    const hook_facts& h = *a.hooks;
    if (h.failed)
      add(to, "hooks", a, warn, fmt::format("the hooks could not be read: {}", to_string(*h.failed)),
          "Run `suivi-reconciler hooks list` later.");
    else if (h.nothing_listed)
      add(to, "hooks", a, warn, "the courier lists no trigger that tells of an order's state",
          "Ask the courier for webhooks of this account; until then scheduled sweeps (reconciler.schedule) "
          "find every change.");
    else if (!h.missing.empty())
      add(to, "hooks", a, warn, fmt::format("not registered: {}", fmt::join(h.missing, ", ")), ensure);
    else if (!f.public_url_https)
      add(to, "hooks", a, warn,
          "registered, but receiver.public_url is not https, which the courier asks for",
          "Set receiver.public_url to the https address, then run `suivi-reconciler hooks ensure`.");
    else
      add(to, "hooks", a, pass, fmt::format("registered: {}", fmt::join(h.registered, ", ")));
  }
  bool registered = a.hooks && !a.hooks->failed && a.hooks->missing.empty() && !a.hooks->registered.empty();
  std::string test = "Run `suivi-reconciler hooks test` and see whether a request reaches the receiver at "
                     "receiver.public_url.";
  if (!a.heard_at && a.missed > 0)
    add(to, "webhooks heard", a, warn,
        fmt::format("no webhook ever came, and sweeps found {} change(s) that none told", a.missed),
        registered ? test : ensure);
  else if (!a.heard_at)
    add(to, "webhooks heard", a, registered ? warn : pass, "no webhook has come yet", test);
  else if (a.missed > 0 && f.now - *a.heard_at >= silence)
    add(to, "webhooks heard", a, warn,
        fmt::format("silent: the last webhook came {}, and sweeps found {} change(s) since",
                    age(*a.heard_at, f.now), a.missed),
        test);
  else
    add(to, "webhooks heard", a, pass, fmt::format("the last webhook came {}", age(*a.heard_at, f.now)));
}

void check_sweep(checks& to, const doctor_facts& f, const account_facts& a) {
  std::string now_ = fmt::format("Run `suivi-reconciler sweep --account {}`.", a.id);
  std::string worker = "Keep `suivi-reconciler run` running, or run `suivi-reconciler sweep` now.";
  if (!a.last_full) {
    add(to, "last sweep", a, warn, "there was no sweep yet", worker);
    return;
  }
  const sweep_facts& s = *a.last_full;
  bool overdue = f.sweep_due && f.now - *f.sweep_due > sweep_grace &&
                 (!a.complete_as_of || *a.complete_as_of < *f.sweep_due);
  std::string as_of = a.complete_as_of
                          ? fmt::format("the last complete one began {}", age(*a.complete_as_of, f.now))
                          : std::string("none was complete yet");
  if (s.running) {
    add(to, "last sweep", a, pass, fmt::format("one is running; {}", as_of));
  } else if (!s.complete) {
    bool old = !a.complete_as_of || overdue;
    add(to, "last sweep", a, old ? fail : warn, fmt::format("incomplete: {}; {}", s.reason, as_of), now_);
  } else if (overdue) {
    add(to, "last sweep", a, fail,
        fmt::format("overdue: {}, and one was due {}", as_of, age(*f.sweep_due, f.now)), worker);
  } else {
    add(to, "last sweep", a, pass,
        fmt::format("complete{}; it began {}", s.reason.empty() ? "" : fmt::format(" ({})", s.reason),
                    age(s.started_at, f.now)));
  }
}

void check_orders_of(checks& to, const account_facts& a) {
  std::string detail =
      fmt::format("{} of {} orders older than a day have no tracking number", a.without_tracking, a.orders);
  if (a.without_tracking > 0)
    add(to, "orders without tracking", a, warn, detail,
        fmt::format("Run `suivi-reconciler sweep --account {} --max-orders 0`; what is left then has no "
                    "parcel under its reference at the courier.",
                    a.id));
  else
    add(to, "orders without tracking", a, pass,
        a.orders == 0 ? "the account has no order older than a day" : "every order older than a day has one");
  if (!a.parcels_gone) return;
  if (*a.parcels_gone > 0)
    add(to, "parcels gone", a, warn,
        fmt::format(
            "{} linked parcel(s) are no longer listed by the courier; their orders keep their columns",
            *a.parcels_gone),
        "See `GET /api/v1/orders/{reference}` of such an order, and ask the courier what became of its "
        "parcel.");
  else
    add(to, "parcels gone", a, pass, "the courier still lists every linked parcel");
}

void check_unassigned(checks& to, const doctor_facts& f) {
  std::int64_t open = f.orders_without_account - f.adopted;
  if (f.contested > 0)
    add(to, "orders without account", warn,
        fmt::format("{} order(s) without account are claimed by two accounts, and neither writes them",
                    f.contested),
        "Set \"shippingAccountId\" of these orders.");
  else if (open > 0 && !f.adopt_unassigned)
    add(to, "orders without account", warn,
        fmt::format("{} order(s) have no account and are never matched", open),
        "Set their \"shippingAccountId\", or reconciler.adopt_unassigned = true.");
  else if (open > 0)
    add(to, "orders without account", warn,
        fmt::format(
            "{} order(s) have no account and no parcel was matched to them yet ({} others were adopted)",
            open, f.adopted),
        "Set \"shippingAccountId\" of those that are shipped by the courier, or run `suivi-reconciler sweep "
        "--max-orders 0`.");
  else if (f.orders_without_account > 0)
    add(to, "orders without account", pass,
        fmt::format("all {} were adopted by the account that matched them", f.adopted));
  else
    add(to, "orders without account", pass, "every order has an account");
}

void check_events(checks& to, const doctor_facts& f) {
  if (!f.events) return;
  const event_facts& e = *f.events;
  auto count = [&](const char* name, std::int64_t number, check_result bad, const std::string& detail,
                   const std::string& remedy) {
    add(to, name, number > 0 ? bad : pass, number > 0 ? detail : "none", remedy);
  };
  count("events waiting", e.overdue, fail,
        fmt::format("{} webhook(s) wait for more than a minute and nobody applies them", e.overdue),
        "Start `suivi-receiver`, or see in its log why it does not apply them.");
  if (e.parked_long > 0 || e.parked == 0)
    count("events parked", e.parked_long, warn,
          fmt::format("{} webhook(s) wait for more than a day for an order that is not here ({} in all)",
                      e.parked_long, e.parked),
          "See `GET /api/v1/webhooks/events?outcome=parked`: their orders are missing here, or the "
          "references differ.");
  else
    add(to, "events parked", pass,
        fmt::format("{} wait for their order, none of them for more than a day", e.parked));
  count("events failed", e.failed, warn,
        fmt::format("{} webhook(s) could not be applied and are tried again", e.failed),
        "See `GET /api/v1/webhooks/events?outcome=failed` for the error of each, then run `suivi-receiver "
        "replay --outcome failed`.");
  count("events in conflict", e.conflicts, warn,
        fmt::format(
            "{} webhook(s) of the last seven days belong to no account, or to another one than their order",
            e.conflicts),
        "See `GET /api/v1/webhooks/events?outcome=conflict`, and run `suivi-reconciler hooks ensure` so that "
        "each names its account.");
  count("events quarantined", e.quarantined, warn,
        fmt::format("{} webhook(s) of the last seven days were not understood", e.quarantined),
        "See `GET /api/v1/webhooks/events?outcome=quarantined` for the reason of each; after an upgrade run "
        "`suivi-receiver replay --outcome quarantined`.");
}

void check_processes(checks& to, const doctor_facts& f) {
  if (f.database_ahead) {
    milliseconds off = std::chrono::abs(*f.database_ahead);
    std::string detail = fmt::format("PostgreSQL's clock is {} {} ours", rough(off),
                                     f.database_ahead->count() < 0 ? "behind" : "ahead of");
    std::string remedy = "Let both machines' clocks be set by NTP (`timedatectl set-ntp true`).";
    if (off >= skew_fails)
      add(to, "database clock", fail, detail, remedy);
    else if (off >= skew_warns)
      add(to, "database clock", warn, detail, remedy);
    else
      add(to, "database clock", pass, "PostgreSQL's clock agrees with ours");
  }
  if (f.receiver) {
    const receiver_facts& r = *f.receiver;
    if (r.spooled > 0 || r.database != "up")
      add(to, "receiver", warn,
          fmt::format("its database is {} and {} webhook(s) are in the spool (receiver.spool)", r.database,
                      r.spooled),
          "Let the receiver reach the database of database.url; the spool empties by itself then.");
    else
      add(to, "receiver", pass, "it answers, and its spool is empty");
  }
  if (f.reconciler_answers)
    add(to, "reconciler", pass, fmt::format("it answers at {}", f.reconciler_address));
  else if (f.sweep_leased)
    add(to, "reconciler", pass, "a sweep is running");
  else
    add(to, "reconciler", warn,
        fmt::format("no worker answers at {} and no sweep is running", f.reconciler_address),
        "Keep `suivi-reconciler run` running; reconciler.listen is where doctor looks for it.");
}

} // namespace

std::string_view to_string(check_result r) {
  return r == pass ? "PASS" : r == warn ? "WARN" : "FAIL";
}

std::vector<check> examine(const doctor_facts& f) {
  checks all;
  if (f.database) {
    add(all, "database", fail, fmt::format("the database cannot be used: {}", to_string(*f.database)),
        "Check database.url (DATABASE_URL) and that PostgreSQL accepts connections from here.");
    return all;
  }
  add(all, "database", pass, "the database answers");
  check_schema(all, f);
  check_tables(all, f);
  check_company(all, f);
  check_accounts(all, f);
  bool schema = f.scripts_missing == 0;
  for (const account_facts& a : f.accounts) {
    check_key(all, a);
    check_courier_clock(all, a);
    if (schema) {
      check_hooks(all, f, a);
      check_sweep(all, f, a);
    }
    if (f.orders_table && f.columns_missing.empty()) check_orders_of(all, a);
  }
  if (f.orders_table && f.columns_missing.empty()) check_unassigned(all, f);
  check_events(all, f);
  check_processes(all, f);
  return all;
}

bool any_failed(const std::vector<check>& all) {
  for (const check& c : all)
    if (c.result == fail) return true;
  return false;
}

boost::json::object to_json(const std::vector<check>& all) {
  boost::json::array list;
  for (const check& c : all) {
    boost::json::object o;
    o["name"] = c.name;
    if (c.account) o["account"] = *c.account;
    o["result"] = to_string(c.result);
    o["detail"] = c.detail;
    o["remedy"] = c.remedy;
    list.push_back(std::move(o));
  }
  boost::json::object document;
  document["checks"] = std::move(list);
  return document;
}

std::string to_table(const std::vector<check>& all) {
  std::string text;
  for (const check& c : all) {
    text +=
        fmt::format("{}  {:<24} {:<20} {}\n", to_string(c.result), c.name, c.account.value_or(""), c.detail);
    if (!c.remedy.empty()) text += fmt::format("      → {}\n", c.remedy);
  }
  return text;
}

} // namespace suivi::reconciler
