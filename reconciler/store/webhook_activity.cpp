// The statements of webhook_activity.hpp.
#include "reconciler/store/webhook_activity.hpp"

#include "common/verdict/problems.hpp"

#include <vector>

namespace suivi::reconciler {
namespace {

// Newest first over the partitions since the last look, so that an account that sends is found at once.
constexpr pg::statement find_activity{"store_find_activity", R"sql(
select a.id, greatest(a.webhook_heard_at, last.received_at), coalesce(found.missed, 0), now()
from suivi.account a
left join lateral (
  select i.received_at from suivi.inbox i
  where i.stored_on >= coalesce(a.webhooks_looked_on, (now() at time zone 'UTC')::date - 14)
    and (i.account = a.id
         or (i.account is null
             and (a.id = $1 or exists (select from suivi.parcel p where p.uuid = i.uuid and p.account = a.id))))
  order by i.id desc limit 1) last on true
left join lateral (
  select sum(s.missed_by_webhook)::bigint as missed from suivi.sweep s
  where s.account = a.id and s.started_at > coalesce(greatest(a.webhook_heard_at, last.received_at), '-infinity')) found on true
)sql"};

constexpr pg::statement keep_activity{"store_keep_activity", R"sql(
update suivi.account a
set webhook_heard_at = greatest(a.webhook_heard_at, u.at), webhooks_looked_on = (now() at time zone 'UTC')::date - 1
from unnest($1::text[], $2::timestamptz[]) as u(id, at)
where a.id = u.id
  and (a.webhooks_looked_on is distinct from (now() at time zone 'UTC')::date - 1
       or u.at > coalesce(a.webhook_heard_at, '-infinity'))
)sql"};

} // namespace

task<result<std::map<std::string, webhook_activity>>>
find_webhook_activity(pg::connection& db, std::optional<std::string> only_account) {
  pg::params with;
  with.text(only_account);
  auto found = co_await db.run(find_activity, std::move(with));
  if (!found) co_return found.error();
  std::map<std::string, webhook_activity> all;
  for (std::size_t i = 0; i < found->size(); ++i) {
    webhook_activity& one = all[std::string(found->text(i, 0))];
    one.last_webhook_at = found->maybe_timestamp(i, 1);
    one.missed = found->integer(i, 2);
    one.as_of = found->timestamp(i, 3);
  }
  co_return all;
}

task<result<void>> keep_webhook_activity(pg::connection& db,
                                         const std::map<std::string, webhook_activity>& found) {
  std::vector<std::optional<std::string>> ids;
  std::vector<std::optional<instant>> times;
  for (const auto& [id, one] : found) {
    ids.emplace_back(id);
    times.push_back(one.last_webhook_at);
  }
  pg::params with;
  with.texts(ids).instants(times);
  auto ran = co_await db.run(keep_activity, std::move(with));
  if (!ran) co_return ran.error();
  co_return result<void>();
}

bool is_silent(const webhook_activity& of) {
  return verdict::is_silent(of.last_webhook_at, of.missed, of.as_of);
}

} // namespace suivi::reconciler
