// The checks in the order in which a person would look, and how they are printed.
#include "reconciler/doctor/checks/checks.hpp"

#include "reconciler/doctor/checks/account_checks.hpp"
#include "reconciler/doctor/checks/account_list_checks.hpp"
#include "reconciler/doctor/checks/database_checks.hpp"
#include "reconciler/doctor/checks/order_checks.hpp"
#include "reconciler/doctor/checks/program_checks.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace suivi::reconciler {

using enum check_result;

namespace {

bool has_failed(const doctor_facts& f, const check& c) {
  return std::any_of(f.failed_reads.begin(), f.failed_reads.end(), [&](const failed_read& failed) {
    return failed.check == c.name && (!failed.account || failed.account == c.account);
  });
}

// A refused connection has no SQLSTATE here; the right's name stands in the server's words in any language.
bool lacks_connect(const error& why) {
  return why.detail.find("CONNECT ") != std::string::npos;
}

} // namespace

std::vector<check> examine(const doctor_facts& f) {
  checks all;
  if (f.database) {
    add(all, "database_away", fail, fmt::format("the database cannot be used: {}", to_string(*f.database)),
        lacks_connect(*f.database)
            ? "Run deploy/rights.sql as the owner of the shop's tables, or: GRANT CONNECT ON DATABASE and "
              "the "
              "database's name TO and the role's name."
            : "Check database.url (DATABASE_URL), that PostgreSQL accepts connections from here, and that "
              "the role may "
              "log in and has connections left (ALTER ROLE with LOGIN and CONNECTION LIMIT; each receiver "
              "keeps "
              "database.pool and 3, each reconciler database.pool and 1).");
    return all;
  }
  check_session(all, f);
  check_schema(all, f);
  check_tables(all, f);
  check_rights(all, f);
  check_company(all, f);
  check_accounts(all, f);
  for (const account_facts& a : f.accounts) {
    check_account(all, f, a);
    check_orders_of(all, f, a);
  }
  check_unassigned(all, f);
  check_references(all, f);
  check_events(all, f);
  check_partitions(all, f);
  check_receiver(all, f);
  check_worker(all, f);
  // Half a look is none: what a failed one belongs to does not pass.
  std::erase_if(all, [&](const check& c) { return c.result == pass && has_failed(f, c); });
  for (const failed_read& failed : f.failed_reads) add_failed(all, failed);
  return all;
}

std::optional<std::chrono::minutes> longest_gap(const std::vector<std::chrono::minutes>& times) {
  if (times.empty()) return std::nullopt;
  std::chrono::minutes longest = times.front() + std::chrono::hours(24) - times.back();
  for (std::size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  return longest;
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

std::string to_table(const std::vector<check>& all, const palette& colors) {
  std::string text;
  for (const check& c : all) {
    std::string word(to_string(c.result));
    std::string result = c.result == pass   ? colors.good(word)
                         : c.result == warn ? colors.doubtful(word)
                                            : colors.bad(word);
    std::string account = c.account.value_or("");
    if (!c.courier.empty()) account += fmt::format(" ({})", c.courier);
    text += fmt::format("{}  {:<24} {:<20} {}\n", result, c.name, account, c.detail);
    if (!c.remedy.empty()) text += fmt::format("      → {}\n", c.remedy);
  }
  return text;
}

} // namespace suivi::reconciler
