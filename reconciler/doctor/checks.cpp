// One function a check, in the order in which a person would look.
#include "reconciler/doctor/checks.hpp"

#include "common/base/duration.hpp"
#include "reconciler/doctor/account_checks.hpp"
#include "reconciler/doctor/check_list.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {

using enum check_result;

namespace {

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
    add(to, "company", bad,
        f.companies_alike.empty() ? std::string("shipping_companies has no row with slug `maystro`")
                                  : fmt::format("shipping_companies has no row with slug `maystro`, but `{}`",
                                                fmt::join(f.companies_alike, "`, `")),
        "Set \"slug\" of the courier's row in shipping_companies to 'maystro', insert such a row, or give "
        "the key as "
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

void check_partitions(checks& to, const doctor_facts& f) {
  if (!f.partitions) return;
  const partition_facts& p = *f.partitions;
  std::string remedy = "Keep `suivi-receiver` or `suivi-reconciler run` running: both make them ahead.";
  if (!p.missing.empty())
    add(to, "partitions", warn, fmt::format("not there yet: {}", fmt::join(p.missing, ", ")), remedy);
  else if (!p.strays.empty())
    add(to, "partitions", warn,
        fmt::format("rows came when their partition was not there and lie in {}", fmt::join(p.strays, ", ")),
        remedy);
  else
    add(to, "partitions", pass, "those of today, tomorrow and the next month are there");
}

void check_processes(checks& to, const doctor_facts& f) {
  if (f.database_ahead)
    add_clock(to, "database clock", "PostgreSQL's clock", *f.database_ahead,
              "Let both machines' clocks be set by NTP (`timedatectl set-ntp true`).");
  if (f.receiver) {
    const receiver_facts& r = *f.receiver;
    if (r.spooled > 0 || r.database != "up")
      add(to, "receiver", warn,
          fmt::format("its database is {} and {} webhook(s) are in the spool (receiver.spool){}", r.database,
                      r.spooled,
                      r.oldest_spooled ? ", the oldest for " + format_duration(*r.oldest_spooled) : ""),
          "Let the receiver reach the database of database.url; the spool empties by itself then.");
    else
      add(to, "receiver", pass, "it answers, and its spool is empty");
  } else {
    add(to, "receiver", warn,
        fmt::format("no receiver answers at {}: what its spool holds is not known here", f.receiver_address),
        "Keep `suivi-receiver` running, or run `suivi-reconciler doctor` on its machine; receiver.listen is "
        "where doctor "
        "looks for it.");
  }
  if (f.reconciler_answers)
    add(to, "reconciler", pass, fmt::format("it answers at {}", f.reconciler_address));
  else if (!f.workers_alive.empty())
    add(to, "reconciler", pass, fmt::format("at work: {}", fmt::join(f.workers_alive, ", ")));
  else if (f.sweep_leased)
    add(to, "reconciler", pass, "a sweep is running");
  else
    add(to, "reconciler", warn,
        fmt::format("no worker answers at {}, none showed itself in the database, and no sweep is running",
                    f.reconciler_address),
        "Keep `suivi-reconciler run` running; reconciler.listen is where doctor looks for it.");
}

} // namespace

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
  bool orders = f.orders_table && f.columns_missing.empty();
  for (const account_facts& a : f.accounts) check_account(all, f, a, schema, orders);
  if (orders) check_unassigned(all, f);
  check_events(all, f);
  check_partitions(all, f);
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
