// The shared steps of the one-off commands.
#include "reconciler/commands/console.hpp"

#include "common/json/json_text.hpp"
#include "common/pg/migrate.hpp"
#include "common/schema/schema.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::reconciler {

void say(const std::string& line) {
  fmt::print(stderr, "suivi-reconciler: {}\n", line);
}

int fail(const error& why) {
  say(to_string(why));
  return exits::failed;
}

void print_json(const boost::json::object& document) {
  fmt::print("{}\n", write_json(document));
}

task<result<void>> schema_is_current(services& p, bool or_missing) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return db.error();
  auto missing = co_await pg::migrations_missing(**db, schema::all());
  if (!missing) co_return missing.error();
  bool there_is_none = *missing == static_cast<int>(schema::all().size());
  if (*missing > 0 && !(or_missing && there_is_none))
    co_return permanent("schema:behind", "run `suivi-reconciler migrate` first");
  co_return result<void>();
}

task<std::variant<std::vector<shop::account>, int>> accounts_meant(services& p, std::string only) {
  using answer = std::variant<std::vector<shop::account>, int>;
  auto accounts = co_await accounts_now(p, database_patience);
  if (!accounts) co_return answer(fail(accounts.error()));
  if (accounts->empty()) {
    say("no courier account: neither shipping_accounts nor MAYSTRO_API_KEY holds one");
    co_return answer(exits::usage);
  }
  if (!only.empty()) {
    std::erase_if(*accounts, [&](const shop::account& a) { return a.id != only; });
    if (accounts->empty()) {
      say(fmt::format("--account {}: there is no such active account", only));
      co_return answer(exits::usage);
    }
  }
  co_return answer(std::move(*accounts));
}

} // namespace suivi::reconciler
