// The SQL that finds the tracking numbers to ask about.
#include "reconciler/store/tracking_numbers.hpp"

#include "common/sqlstate/sqlstate.hpp"

namespace suivi::reconciler {
namespace {

constexpr pg::statement unread{"tracking_numbers_unread", R"sql(
select w."id"::text, w."reference"::text, w."trackingNumber"::text
from (
  select o."id", o."reference", o."trackingNumber", o."createdAt",
         greatest(case when p.pulled_at is not null then p.pull_stored_at end, u.asked_at) as heard,
         coalesce(p.ended and p.state = o."shippingStatus", false) as ended,
         count(*) over (partition by lower(btrim(o."trackingNumber"))) as bearers
  from "orders" o
  left join suivi.parcel p on p.account = $1 and p.uuid = o."trackingNumber" and p.order_id = o."id"
  left join suivi.unanswered_number u on u.order_id = o."id" and u.account = $1
  where o."shippingAccountId" = $1 and btrim(o."trackingNumber") <> '' and o."reference" <> ''
) w
where not w.ended and w.bearers = 1
order by w.heard nulls first, w."createdAt", w."id"
limit nullif($2, 0)
)sql"};

// Where there is no schema `suivi` yet, for those who write nothing: nothing is known of what was read.
constexpr pg::statement numbered{"tracking_numbers_all", R"sql(
select w."id"::text, w."reference"::text, w."trackingNumber"::text
from (
  select o."id", o."reference", o."trackingNumber", o."createdAt", count(*) over (partition by lower(btrim(o."trackingNumber"))) as bearers
  from "orders" o
  where o."shippingAccountId" = $1 and btrim(o."trackingNumber") <> '' and o."reference" <> ''
) w
where w.bearers = 1
order by w."createdAt", w."id"
limit nullif($2, 0)
)sql"};

// A number that several orders bear is none's own: nobody can tell whose state the courier's answer would be.
constexpr pg::statement shared{"tracking_numbers_shared", R"sql(
select w."reference"::text
from (
  select o."reference", count(*) over (partition by lower(btrim(o."trackingNumber"))) as bearers from "orders" o
  where o."shippingAccountId" = $1 and btrim(o."trackingNumber") <> '' and o."reference" <> ''
) w
where w.bearers > 1 order by w."reference" limit $2
)sql"};

constexpr pg::statement begin{"tracking_numbers_begin", "begin"};
constexpr pg::statement commit{"tracking_numbers_commit", "commit"};

constexpr pg::statement note{"tracking_numbers_note", R"sql(
insert into suivi.unanswered_number (order_id, account, asked_at)
select distinct id, $1, clock_timestamp() from unnest($2::text[]) as asked (id)
on conflict (order_id, account) do update set asked_at = excluded.asked_at
)sql"};

} // namespace

task<result<std::vector<numbered_order>>> orders_to_read(pg::connection& db, std::string account,
                                                         std::int64_t limit) {
  pg::params with;
  with.text(account).integer(limit);
  pg::params again = with;
  auto found = co_await db.run(unread, std::move(with));
  if (!found && pg::schema_is_missing(found.error())) found = co_await db.run(numbered, std::move(again));
  if (!found) co_return found.error();
  std::vector<numbered_order> orders;
  orders.reserve(found->size());
  for (std::size_t i = 0; i < found->size(); ++i)
    orders.push_back(
        {std::string(found->text(i, 0)), std::string(found->text(i, 1)), std::string(found->text(i, 2))});
  co_return orders;
}

task<result<std::vector<std::string>>> orders_of_shared_numbers(pg::connection& db, std::string account,
                                                                std::int64_t limit) {
  pg::params with;
  with.text(account).integer(limit);
  auto found = co_await db.run(shared, std::move(with));
  if (!found) co_return found.error();
  std::vector<std::string> references;
  for (std::size_t i = 0; i < found->size(); ++i) references.emplace_back(found->text(i, 0));
  co_return references;
}

task<result<void>> note_unanswered(pg::connection& db, lease held, std::vector<std::string> order_ids) {
  std::vector<std::optional<std::string>> ids(std::make_move_iterator(order_ids.begin()),
                                              std::make_move_iterator(order_ids.end()));
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  pg::params params;
  params.text(held.account).texts(ids);
  steps.add(note, std::move(params));
  steps.add(commit);
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

std::vector<std::vector<std::string>> batches_of(const std::vector<numbered_order>& orders,
                                                 std::size_t size) {
  std::vector<std::vector<std::string>> batches;
  for (const numbered_order& order : orders) {
    if (batches.empty() || batches.back().size() == size) batches.emplace_back();
    batches.back().push_back(order.number);
  }
  return batches;
}

} // namespace suivi::reconciler
