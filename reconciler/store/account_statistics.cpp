// The statements of account_notes.hpp.
#include "reconciler/store/account_statistics.hpp"

namespace suivi::reconciler {
namespace {

constexpr auto silence = std::chrono::hours(6);

constexpr pg::statement requests{"notes_requests", R"sql(
update shipping_accounts
set "requestCount" = "requestCount" + $2, "successCount" = "successCount" + $3, "errorCount" = "errorCount" + $4,
    "lastUsed" = coalesce($5 at time zone 'UTC', "lastUsed")
where "id" = $1
)sql"};

constexpr pg::statement test{"notes_test", R"sql(
update shipping_accounts
set "lastTestAt" = $2 at time zone 'UTC', "lastTestStatus" = case when $3::text is null then 'success' else 'error' end,
    "lastTestError" = $3
where "id" = $1
)sql"};

constexpr pg::statement claim{"notes_claim_hooks", R"sql(
insert into suivi.account as a (id, name, hooks_until) values ($1, $2, clock_timestamp() + interval '2 minutes')
on conflict (id) do update set hooks_until = excluded.hooks_until
where a.hooks_until is null or a.hooks_until <= clock_timestamp()
returning 1
)sql"};

constexpr pg::statement note{"notes_hooks", R"sql(
update suivi.account
set hooks_until = null, hooks_checked_at = now(), hooks_registered = $2, hooks_problem = $3
where id = $1
)sql"};

constexpr pg::statement let_go{"notes_free_hooks",
                               "update suivi.account set hooks_until = null where id = $1"};

constexpr pg::statement due{"notes_hooks_due", R"sql(
insert into suivi.account as a (id, name, hooks_due_at) values ($1, $2, now() + $3 * interval '1 millisecond')
on conflict (id) do update set hooks_due_at = excluded.hooks_due_at
where a.hooks_due_at is null or a.hooks_due_at <= now()
returning 1
)sql"};

constexpr pg::statement put_off{"notes_put_off", R"sql(
update suivi.account set hooks_due_at = now() + $2 * interval '1 millisecond' where id = $1
)sql"};

// Newest first over the partitions since the last look, so that an account that sends is found at once.
constexpr pg::statement hear{"notes_hear", R"sql(
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

constexpr pg::statement keep_heard{"notes_keep_heard", R"sql(
update suivi.account a
set webhook_heard_at = greatest(a.webhook_heard_at, u.at), webhooks_looked_on = (now() at time zone 'UTC')::date - 1
from unnest($1::text[], $2::timestamptz[]) as u(id, at)
where a.id = u.id
  and (a.webhooks_looked_on is distinct from (now() at time zone 'UTC')::date - 1
       or u.at > coalesce(a.webhook_heard_at, '-infinity'))
)sql"};

task<result<bool>> answers_a_row(pg::connection& db, pg::statement what, pg::params with) {
  auto found = co_await db.run(what, std::move(with));
  if (!found) co_return found.error();
  co_return !found->empty();
}

task<result<void>> done(pg::connection& db, pg::statement what, pg::params with) {
  auto ran = co_await db.run(what, std::move(with));
  if (!ran) co_return ran.error();
  co_return result<void>();
}

} // namespace

task<result<void>> note_requests(pg::connection& db, std::string account, request_counts counts) {
  pg::params with;
  with.text(account).integer(counts.requests).integer(counts.good).integer(counts.bad).at(counts.last);
  return done(db, requests, std::move(with));
}

task<result<void>> note_test(pg::connection& db, std::string account, instant at,
                             std::optional<std::string> problem) {
  pg::params with;
  with.text(account).at(at).text(problem);
  return done(db, test, std::move(with));
}

task<result<bool>> claim_hooks(pg::connection& db, std::string account, std::string name) {
  pg::params with;
  with.text(account).text(name);
  return answers_a_row(db, claim, std::move(with));
}

task<result<void>> note_hooks(pg::connection& db, std::string account, hook_state seen) {
  std::vector<std::optional<std::string>> names(seen.registered.begin(), seen.registered.end());
  pg::params with;
  with.text(account).texts(names).text(seen.problem);
  return done(db, note, std::move(with));
}

task<result<void>> free_hooks(pg::connection& db, std::string account) {
  pg::params with;
  with.text(account);
  return done(db, let_go, std::move(with));
}

task<result<bool>> hook_look_is_due(pg::connection& db, std::string account, std::string name,
                                    milliseconds next) {
  pg::params with;
  with.text(account).text(name).integer(next.count());
  return answers_a_row(db, due, std::move(with));
}

task<result<void>> put_off_hook_look(pg::connection& db, std::string account, milliseconds by) {
  pg::params with;
  with.text(account).integer(by.count());
  return done(db, put_off, std::move(with));
}

task<result<std::map<std::string, heard>>> heard_from(pg::connection& db,
                                                      std::optional<std::string> only_account) {
  pg::params with;
  with.text(only_account);
  auto found = co_await db.run(hear, std::move(with));
  if (!found) co_return found.error();
  std::map<std::string, heard> all;
  for (std::size_t i = 0; i < found->size(); ++i) {
    heard& one = all[std::string(found->text(i, 0))];
    one.at = found->maybe_at(i, 1);
    one.missed = found->integer(i, 2);
    one.asked_at = found->at(i, 3);
  }
  co_return all;
}

task<result<void>> note_heard(pg::connection& db, const std::map<std::string, heard>& found) {
  std::vector<std::optional<std::string>> ids;
  std::vector<std::optional<instant>> times;
  for (const auto& [id, one] : found) {
    ids.emplace_back(id);
    times.push_back(one.at);
  }
  pg::params with;
  with.texts(ids).instants(times);
  return done(db, keep_heard, std::move(with));
}

bool fell_silent(const heard& of) {
  return of.at && of.missed > 0 && of.asked_at - *of.at >= silence;
}

} // namespace suivi::reconciler
