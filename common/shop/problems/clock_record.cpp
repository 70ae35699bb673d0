// One row for each machine, for its programs have one clock.
#include "common/shop/problems/clock_record.hpp"

#include "common/log/log.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <string>

namespace suivi::shop {
namespace {

constexpr pg::statement still_apart{"clocks_apart", R"sql(
with noted as (
  insert into suivi.clock_skew as c (machine) values ($1)
  on conflict (machine) do update set seen_at = clock_timestamp()
  where c.seen_at < clock_timestamp() - interval '1 hour'
  returning since
)
select min(since) from (select since from noted union all select since from suivi.clock_skew where machine = $1) s
)sql"};

constexpr pg::statement together_again{"clocks_together", "delete from suivi.clock_skew where machine = $1"};

std::string name_of_machine() {
  boost::system::error_code ignored;
  return asio::ip::host_name(ignored);
}

} // namespace

task<void> record_clocks(pg::connection& db, suivi::verdict::facts& f, std::optional<instant>& since) {
  verdict::note_clocks(f, since);
  pg::params which;
  which.text(name_of_machine());
  const pg::statement& record = since ? still_apart : together_again;
  auto done = co_await db.run(record, std::move(which));
  if (!done) {
    log::debug("how the clocks agree could not be recorded", {{"error", to_string(done.error())}});
    co_return;
  }
  if (since && !done->null(0, 0)) since = done->timestamp(0, 0);
  f.clocks_apart_since = since;
}

} // namespace suivi::shop
