// A shop's database looked at by `doctor`: its facts judged, the programs' part made up as well.
#pragma once

#include "reconciler/doctor/checks/checks.hpp"
#include "reconciler/doctor/collect/database_facts.hpp"
#include "tests/postgres/reconciler/sweep_stage.hpp"
#include "tests/support/connected.hpp"

#include <doctest/doctest.h>

namespace suivi::test {

// As `url` leads to it, whose schema is `schema`; for the accounts `ids`.
inline reconciler::doctor_facts looked_at(const std::string& url, const std::string& schema = "public",
                                          const std::vector<std::string>& ids = {"acc-1", "acc-2"},
                                          bool from_environment = false, bool lists_parcels = true) {
  reconciler::doctor_facts facts;
  facts.now = now();
  facts.accounts_from_environment = from_environment;
  facts.longest_gap = std::chrono::hours(6);
  for (const std::string& id : ids) facts.accounts.emplace_back().id = id;
  for (reconciler::account_facts& a : facts.accounts) a.lists_parcels = lists_parcels;
  auto body = [&]() -> task<void> {
    pg::connect_options options;
    options.url = url;
    auto db = co_await connected(options);
    co_await reconciler::collect_from_database(db, schema, facts);
  };
  run(body);
  return facts;
}

// "PASS", "WARN", "FAIL"; "-" where there is no such check.
inline std::string result_of(const reconciler::doctor_facts& f, const std::string& name,
                             const std::string& account = "") {
  for (const reconciler::check& c : examine(f))
    if (c.name == name && c.account.value_or(account) == account) return std::string(to_string(c.result));
  return "-";
}

inline reconciler::check check_of(const reconciler::doctor_facts& f, const std::string& name) {
  for (const reconciler::check& c : examine(f))
    if (c.name == name) return c;
  FAIL("there is no such check: " << name);
  return {};
}

} // namespace suivi::test
