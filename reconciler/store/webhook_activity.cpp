// The SQL of each account's last webhook.
#include "reconciler/store/webhook_activity.hpp"

#include "common/verdict/problems.hpp"

#include <algorithm>
#include <vector>

namespace suivi::reconciler {
namespace {

constexpr pg::statement find_activity{"store_find_activity", R"sql(
select w.account_id, w.heard_at,
       coalesce((select sum(s.missed_by_webhook)::bigint from suivi.sweep s
                 where s.account = w.account_id and s.started_at > coalesce(w.heard_at, '-infinity')), 0), now(),
       coalesce(w.looked_to, 0)
from suivi.last_webhooks($1, false, 20000) w
)sql"};

// Events of transactions that are under way may have smaller numbers than those that were seen.
constexpr pg::statement keep_activity{"store_keep_activity", R"sql(
update suivi.account a
set webhook_heard_at = greatest(a.webhook_heard_at, u.at),
    webhooks_looked_to = greatest(a.webhooks_looked_to, $3 - 1000, 0)
from unnest($1::text[], $2::timestamptz[]) as u(id, at)
where a.id = u.id
  and (a.webhooks_looked_to is null or a.webhooks_looked_to < $3 - 1000 or u.at > coalesce(a.webhook_heard_at, '-infinity'))
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
    one.scanned_to = found->integer(i, 4);
  }
  co_return all;
}

task<result<void>> keep_webhook_activity(pg::connection& db,
                                         const std::map<std::string, webhook_activity>& found) {
  std::vector<std::optional<std::string>> ids;
  std::vector<std::optional<instant>> times;
  std::int64_t scanned_to = 0;
  for (const auto& [id, one] : found) {
    ids.emplace_back(id);
    times.push_back(one.last_webhook_at);
    scanned_to = std::max(scanned_to, one.scanned_to);
  }
  pg::params with;
  with.texts(ids).instants(times).integer(scanned_to);
  auto ran = co_await db.run(keep_activity, std::move(with));
  if (!ran) co_return ran.error();
  co_return result<void>();
}

bool is_silent(const webhook_activity& of) {
  return verdict::is_silent(of.last_webhook_at, of.missed, of.as_of);
}

} // namespace suivi::reconciler
