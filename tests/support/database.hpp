// A fresh database for one test case, on the run's private cluster.
//
// The cluster's URL is in the file that the ctest fixture `cluster` writes (tests/support/cluster.sh); the
// environment's SUIVI_TEST_DATABASE, the URL of any database in which databases may be created, goes before
// it. Throws where a test cannot go on; for tests only.
#pragma once

#include "common/pg/connection.hpp"

#include <string>
#include <string_view>

namespace suivi::test {

enum class holding {
  migrated_shop, // the shop's tables (tests/data/shop.sql) and the schema `suivi`; a clone of a template
  shop,          // the shop's tables only: as a new customer's database is
  nothing,
};

class database {
 public:
  explicit database(holding contents = holding::migrated_shop);
  ~database(); // drops it, whoever is connected
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] pg::connect_options options() const;

  // Set-up and checks from outside the code under test, each on a connection of its own.
  void execute(std::string_view sql) const;                    // several statements
  [[nodiscard]] std::string value(std::string_view sql) const; // the first cell; "NULL", or "" without a row
  [[nodiscard]] std::int64_t number(std::string_view sql) const;

 private:
  std::string name_;
  std::string url_;
};

// The URL of the cluster's own database `postgres`.
[[nodiscard]] std::string cluster_url();

// `url` with another database's name in its path.
[[nodiscard]] std::string with_database(std::string_view url, std::string_view name);

// `url` with more parameters in its query: `name=value`, percent-encoded, joined by `&`.
[[nodiscard]] std::string with_parameters(std::string_view url, std::string_view parameters);

} // namespace suivi::test
