// The counts are common/shop's; here they are printed.
#include "reconciler/commands/coverage_command.hpp"

#include "common/base/palette.hpp"
#include "common/program/terminal.hpp"
#include "common/shop/coverage.hpp"
#include "reconciler/commands/console.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace suivi::reconciler {

task<int> coverage_command(services& p, bool as_json) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return fail(db.error());
  auto counted = co_await shop::count_coverage(**db);
  if (!counted) co_return fail(counted.error());
  if (as_json) {
    print_json(shop::to_json(*counted));
    co_return exits::done;
  }
  palette colors(program::wants_color(STDOUT_FILENO));
  auto line = [&](const std::string& name, const shop::covered& c) {
    std::string share = fmt::format("{:>9.2f} %", c.percentage());
    bool whole = c.total == c.with_tracking;
    fmt::print("{:<36} {:>10} {:>14} {:>17} {}\n", name, c.total, c.with_tracking, c.total - c.with_tracking,
               whole ? colors.good(share) : colors.doubtful(share));
  };
  fmt::print("{}\n", colors.title(fmt::format("{:<36} {:>10} {:>14} {:>17} {:>11}", "account", "orders",
                                              "with tracking", "without tracking", "coverage")));
  for (const shop::covered& c : counted->by_account) {
    std::string name = c.account_name.empty() ? c.account_id : c.account_name;
    line(c.courier ? fmt::format("{} ({})", name, slug(*c.courier)) : name, c);
  }
  line("all", counted->sum);
  co_return exits::done;
}

} // namespace suivi::reconciler
