// The events first, then the end of the delivery: whatever happens between, the next time finds them stored.
#include "receiver/inbox/unpack_delivery.hpp"

#include "common/sqlstate/batch_parts.hpp"
#include "receiver/event/decode_event.hpp"

#include <algorithm>
#include <iterator>

namespace suivi::receiver {
namespace {

constexpr pg::statement end_delivery{"inbox_end_delivery", R"sql(
update suivi.inbox set outcome = 'ignored', error = null
where id = $1 and stored_on = $2::text::date and outcome = 'quarantined'
)sql"};

task<result<std::vector<receipt>>> store_alone(pg::connection& db, const webhook& row, const error& why) {
  auto kept = co_await ingest_as_poison(db, row, "the database refused it: " + why.code);
  if (!kept) co_return kept.error();
  std::vector<receipt> only;
  only.push_back(std::move(*kept));
  co_return only;
}

} // namespace

std::vector<std::string> events_of_whole(std::string_view raw, const std::optional<std::string>& account) {
  if (!account) return {};
  std::vector<std::string> bodies = split_events(raw).bodies;
  if (bodies.size() < 2) bodies.clear();
  return bodies;
}

task<result<std::vector<receipt>>> unpack_delivery(pg::connection& db, whole_delivery whole) {
  std::vector<webhook> rows;
  rows.reserve(whole.bodies.size());
  for (std::string& body : whole.bodies)
    rows.push_back(to_webhook(std::move(body), whole.account, whole.received_at));
  std::vector<receipt> receipts;
  pg::batch_parts todo(rows.size());
  while (!todo.empty()) {
    pg::range part = todo.take();
    std::span<const webhook> these(rows.data() + part.begin, part.size());
    auto kept = co_await ingest(db, these, "");
    if (!kept) {
      error why = kept.error();
      pg::remedy remedy = pg::after_failure(why, part.size());
      if (remedy == pg::remedy::split) {
        todo.split(part);
        continue;
      }
      if (remedy != pg::remedy::isolate) co_return why;
      kept = co_await store_alone(db, these.front(), why);
      if (!kept) co_return kept.error();
    }
    std::ranges::move(*kept, std::back_inserter(receipts));
  }
  pg::params with;
  with.integer(whole.id).text(whole.stored_on);
  auto ended = co_await db.run(end_delivery, std::move(with));
  if (!ended) co_return ended.error();
  co_return receipts;
}

} // namespace suivi::receiver
