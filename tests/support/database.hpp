// A fresh database for one test case, on the run's private cluster.
//
// The cluster's URL is in the file that the ctest fixture `cluster` writes (tests/support/cluster.sh); the
// environment's SUIVI_TEST_DATABASE, the URL of any database in which databases may be created, goes before
// it. Programs connect as the role `suivi_least`, which deploy/rights.sql gives its rights, and nothing else
// does (through PgBouncer where the environment's SUIVI_TEST_POOLER says so); what a test looks at or puts
// there by itself it does as the owner, who may do everything. Throws where a test cannot go on; for tests
// only.
#pragma once

#include "common/pg/connection.hpp"
#include "tests/support/owner_session.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace suivi::test {

enum class holding {
  migrated_shop, // the shop's tables (tests/data/shop.sql) and the schema `suivi`; a clone of a template
  shop,          // the shop's tables only: as a new customer's database is
  nothing,       // whoever fills it calls give_rights() then; until that all connect as the owner
};

class database {
 public:
  explicit database(holding contents = holding::migrated_shop);
  ~database(); // drops it, whoever is connected
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; } // the programs'
  [[nodiscard]] const std::string& owner_url() const { return owner_url_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] pg::connect_options options() const; // the programs'
  [[nodiscard]] pg::connect_options owner_options() const;
  // From now on programs connect as the role with the least rights; the shop's tables are there.
  void give_rights();

  // Set-up and checks from outside the code under test, each as if on a connection of its own.
  void execute(std::string_view sql) const; // several statements; all again when a deadlock undoes them
  void execute_apart(std::string_view sql)
      const; // on a session of their own and once: whoever holds a lock until he is ended
  [[nodiscard]] std::string value(std::string_view sql) const; // the first cell; "NULL", or "" without a row
  [[nodiscard]] std::int64_t number(std::string_view sql) const;

 private:
  std::string name_;
  std::string owner_url_;
  std::string url_;
  std::unique_ptr<owner_session> owner_;
};

// The role that programs connect as.
inline constexpr std::string_view least_role = "suivi_least";

// Runs deploy/rights.sql for `role` in the database that the owner's `url` names.
void run_rights_script(const std::string& url, std::string_view role);

// `url` with another user in it.
[[nodiscard]] std::string with_user(std::string_view url, std::string_view user);

// The URL of the cluster's own database `postgres`.
[[nodiscard]] std::string cluster_url();

// `url` with another database's name in its path.
[[nodiscard]] std::string with_database(std::string_view url, std::string_view name);

// `url` with more parameters in its query: `name=value`, percent-encoded, joined by `&`.
[[nodiscard]] std::string with_parameters(std::string_view url, std::string_view parameters);

} // namespace suivi::test
