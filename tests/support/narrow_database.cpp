// A template cannot be copied into another encoding, so the tables are made one by one.
#include "tests/support/narrow_database.hpp"

#include "common/pg/migrate.hpp"
#include "common/schema/schema.hpp"
#include "tests/support/run.hpp"

#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace suivi::test {
namespace {

task<void> migrate(pg::connect_options options) {
  options.statement_timeout = milliseconds(170'000 * slowness);
  auto opened = co_await pg::connection::connect(options);
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  auto ran = co_await pg::migrate(*opened, schema::all());
  if (!ran) throw std::runtime_error(to_string(ran.error()));
}

} // namespace

void make_narrow(const database& db, const std::string& encoding) {
  database neighbor(holding::nothing);
  neighbor.execute(fmt::format("drop database {} with (force)", db.name()));
  neighbor.execute(fmt::format("create database {} encoding '{}' lc_collate 'C' lc_ctype 'C' "
                               "template template0",
                               db.name(), encoding));
  std::ifstream in(SUIVI_TEST_DATA "/shop.sql");
  std::ostringstream text;
  text << in.rdbuf();
  db.execute(text.str());
  run_rights_script(db.owner_url(), least_role);
  run(migrate(db.options()));
}

} // namespace suivi::test
