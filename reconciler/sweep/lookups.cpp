// The SQL of orders that are looked up by their reference.
#include "reconciler/sweep/lookups.hpp"

#include "common/decision/state_rules.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace suivi::reconciler {
namespace {

// An order to be found: nothing says its tracking number.
constexpr std::string_view has_no_number =
    R"sql((o."trackingNumber" is null or o."trackingNumber" = '') and o."reference" <> '')sql";

// One to be taken over: the shop has its number from before, and nothing here follows its parcel of this
// account. (Another's may be known: the shop gave the order to this one since.)
constexpr std::string_view is_unlinked = R"sql((o."trackingNumber" <> '' or o."maystroOrderId" <> '')
    and (o."reference" <> '' or o."maystroOrderId" <> '') and coalesce(o."shippingStatus", '') <> all($4::text[])
    and not exists (select from suivi.parcel p where p.order_id = o."id" and p.account = $1))sql";

// `asked`: the later of the last look-up and the last complete, uncut sweep that could have found the order.
// `times`: how often "not there" was said, a sweep counting once. The shop's own times have no zone and are
// UTC.
std::string in_turn(std::string_view which) {
  return fmt::format(R"sql(
select w."id"::text, w."reference"::text, w."maystroOrderId"::text
from (
  select o."id", o."reference", o."maystroOrderId", o."createdAt", greatest(l.asked_at, s.whole) as asked,
         greatest(coalesce(l.negatives, 0), (s.whole is not null)::int) as times
  from "orders" o
  left join suivi.account a on a.id = $1
  cross join lateral (
    select case when o."createdAt" < a.whole_watermark at time zone 'UTC' then a.whole_watermark end as whole) s
  left join suivi.lookup l on l.order_id = o."id" and l.account = $1
  left join suivi.adopted_order d on d.order_id = o."id"
  where {}
    and (o."shippingAccountId" = $1
         or ($2 and o."shippingAccountId" is null and d.contested_by is null and coalesce(d.account, $1) = $1))
) w
where $5 or w.asked is null or w.times = 0
   or w.asked + least(interval '1 hour' * power(2, least(w.times, 20) - 1), interval '7 days') <= clock_timestamp()
order by w.asked nulls first, w."createdAt", w."id"
limit $3
)sql",
                     which);
}

const std::string all_text = in_turn(fmt::format("(({}) or ({}))", has_no_number, is_unlinked));
// The bound is a value, so that an index on "createdAt" finds the few rows that are newer.
const std::string new_text =
    in_turn(fmt::format(R"sql({} and o."createdAt" >= $4 at time zone 'UTC')sql", has_no_number));
const std::string unlinked_text = in_turn(is_unlinked);
const pg::statement all_orders{"lookups_all", all_text};
const pg::statement new_orders{"lookups_new", new_text};
const pg::statement unlinked_orders{"lookups_unlinked", unlinked_text};

constexpr pg::statement known_of_account{"lookups_account", R"sql(
select coalesce(max(full_watermark), clock_timestamp() - interval '1 day'), coalesce(bool_or(unlinked_left), false)
from suivi.account where id = $1
)sql"};

constexpr pg::statement keep_left{"lookups_keep_left", R"sql(
update suivi.account set unlinked_left = $2 where id = $1 and unlinked_left is distinct from $2
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
  select from "orders" o
  where o."id" = l.order_id
    and (o."trackingNumber" is null or o."trackingNumber" = ''
         or not exists (select from suivi.parcel p where p.order_id = o."id" and p.account = $1)))
)sql"};

// What an order says of them is not asked about again.
std::vector<std::optional<std::string>> final_texts(courier_kind courier) {
  std::vector<std::string> texts = shop::final_texts(courier);
  return {texts.begin(), texts.end()};
}

void append(std::vector<unfound_order>& orders, const pg::rows& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    unfound_order order;
    order.id = found.text(i, 0);
    order.reference = found.text(i, 1);
    order.uuid = found.maybe_text(i, 2);
    if (order.uuid && order.uuid->empty()) order.uuid.reset();
    orders.push_back(std::move(order));
  }
}

task<result<pg::rows>> find(pg::connection& db, pg::statement which, const lookup_question& question,
                            std::int64_t orders_max) {
  pg::params with;
  with.text(question.account)
      .boolean(question.adopt_unassigned)
      .integer(orders_max)
      .texts(final_texts(question.courier))
      .boolean(question.all);
  auto found = co_await db.run(which, std::move(with));
  co_return found;
}

} // namespace

task<result<std::vector<unfound_order>>> orders_to_look_up(pg::connection& db, lookup_question question) {
  std::vector<unfound_order> orders;
  if (!question.only_new) {
    auto found = co_await find(db, all_orders, question, question.orders_max);
    if (!found) co_return found.error();
    append(orders, *found);
    co_return orders;
  }
  pg::params account;
  account.text(question.account);
  auto known = co_await db.run(known_of_account, std::move(account));
  if (!known) co_return known.error();
  pg::params with;
  with.text(question.account)
      .boolean(question.adopt_unassigned)
      .integer(question.orders_max)
      .timestamp(known->timestamp(0, 0))
      .boolean(question.all);
  auto found = co_await db.run(new_orders, std::move(with));
  if (!found) co_return found.error();
  append(orders, *found);
  if (known->boolean(0, 1)) {
    std::int64_t capacity =
        std::min(unlinked_per_sweep_max, question.orders_max - static_cast<std::int64_t>(orders.size()));
    auto unlinked = co_await find(db, unlinked_orders, question, std::max<std::int64_t>(capacity, 0));
    if (!unlinked) co_return unlinked.error();
    append(orders, *unlinked);
  }
  co_return orders;
}

task<result<void>> note_lookups(pg::connection& db, lease held, std::vector<lookup_answer> answers,
                                std::optional<bool> more_left) {
  std::vector<std::optional<std::string>> ids;
  std::vector<std::optional<bool>> answered;
  for (lookup_answer& one : answers) {
    ids.push_back(std::move(one.order.id));
    answered.push_back(one.answered);
  }
  pg::pipeline steps;
  steps.add(begin);
  add_term_check(steps, held);
  pg::params params;
  params.text(held.account).texts(ids).booleans(answered);
  steps.add(note, std::move(params));
  pg::params account;
  account.text(held.account);
  steps.add(forget, std::move(account));
  if (more_left) {
    pg::params left;
    left.text(held.account).boolean(*more_left);
    steps.add(keep_left, std::move(left));
  }
  steps.add(commit);
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
