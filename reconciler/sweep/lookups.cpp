// The statements of lookups.hpp.
#include "reconciler/sweep/lookups.hpp"

namespace suivi::reconciler {
namespace {

// `asked`: the later of the last look-up and the last complete, uncut sweep that could have found the order.
// `times`: how often "not there" was said, a sweep counting once. The shop's own times have no zone and are
// UTC.
constexpr pg::statement due{"lookups_due", R"sql(
select w."id", w."reference"
from (
  select o."id", o."reference", o."createdAt", greatest(l.asked_at, s.whole) as asked,
         greatest(coalesce(l.negatives, 0), (s.whole is not null)::int) as times
  from "orders" o
  left join suivi.account a on a.id = $1
  cross join lateral (
    select case when o."createdAt" < a.whole_watermark at time zone 'UTC' then a.whole_watermark end as whole) s
  left join suivi.lookup l on l.order_id = o."id" and l.account = $1
  left join suivi.adopted_order d on d.order_id = o."id"
  where (o."trackingNumber" is null or o."trackingNumber" = '') and o."reference" <> ''
    and (o."shippingAccountId" = $1
         or ($2 and o."shippingAccountId" is null and d.contested_by is null and coalesce(d.account, $1) = $1))
    and (not $3 or o."createdAt" >= coalesce((select b.full_watermark from suivi.account b where b.id = $1),
                                             clock_timestamp() - interval '1 day') at time zone 'UTC')
) w
where w.asked is null or w.times = 0
   or w.asked + least(interval '1 hour' * power(2, least(w.times, 20) - 1), interval '7 days') <= clock_timestamp()
order by w.asked nulls first, w."createdAt", w."id"
limit $4
)sql"};

constexpr pg::statement begin{"lookups_begin", "begin"};
constexpr pg::statement commit{"lookups_commit", "commit"};

constexpr pg::statement note{"lookups_note", R"sql(
insert into suivi.lookup as l (order_id, account, asked_at, negatives)
select n.order_id, $1, clock_timestamp(), n.answered::int
from (select distinct on (order_id) order_id, answered
      from unnest($2::text[], $3::boolean[]) as n (order_id, answered) order by order_id, answered desc) n
on conflict (order_id, account) do update
set asked_at = excluded.asked_at, negatives = l.negatives + excluded.negatives
)sql"};

constexpr pg::statement forget{"lookups_forget", R"sql(
delete from suivi.lookup l
where l.account = $1 and not exists (
  select from "orders" o where o."id" = l.order_id and (o."trackingNumber" is null or o."trackingNumber" = ''))
)sql"};

} // namespace

task<result<std::vector<unfound_order>>> orders_to_look_up(pg::connection& db, lookup_question which) {
  pg::params with;
  with.text(which.account).boolean(which.adopt_unassigned).boolean(which.only_new).integer(which.most);
  auto found = co_await db.run(due, std::move(with));
  if (!found) co_return found.error();
  std::vector<unfound_order> orders;
  orders.reserve(found->size());
  for (std::size_t i = 0; i < found->size(); ++i)
    orders.push_back({std::string(found->text(i, 0)), std::string(found->text(i, 1))});
  co_return orders;
}

task<result<void>> note_lookups(pg::connection& db, lease held, std::vector<lookup_answer> answers) {
  std::vector<std::optional<std::string>> ids;
  std::vector<std::optional<bool>> answered;
  for (lookup_answer& one : answers) {
    ids.push_back(std::move(one.order.id));
    answered.push_back(one.answered);
  }
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  pg::params told;
  told.text(held.account).texts(ids).booleans(answered);
  steps.add(note, std::move(told));
  pg::params account;
  account.text(held.account);
  steps.add(forget, std::move(account));
  steps.add(commit);
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
