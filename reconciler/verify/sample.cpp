// The SQL that draws the sample.
#include "reconciler/verify/sample.hpp"

#include <optional>

namespace suivi::reconciler {
namespace {

constexpr pg::statement draw{"verify_draw", R"sql(
with drawn as (
  select o."id"::text, o."reference"::text, o."shippingAccountId"::text as account,
         nullif(case when o."shippingAccountId" = any($4) then o."trackingNumber" else o."maystroOrderId" end, '')
           as courier_id
  from orders o
  where (o."shippingAccountId" = any($1) or ($3 and o."shippingAccountId" is null))
        and (o."trackingNumber" <> '' or o."maystroOrderId" <> '')
     or (o."shippingAccountId" is null or o."shippingAccountId" = any($1))
        and exists (select from suivi.parcel p where p.order_id = o."id" and p.account = any($1))
  order by random() limit $2
), linked as (
  select d."id", p.account, p.uuid, d."reference"
  from drawn d join suivi.parcel p on p.order_id = d."id" and p.account = any($1)
)
select account, uuid, "reference" from linked
union all
select a.account, d.courier_id, d."reference"
from drawn d join unnest($1::text[]) as a(account) on a.account = coalesce(d.account, a.account)
  and (d.account is not null or a.account <> all($4))
where not exists (select from linked l where l."id" = d."id")
  and (d.courier_id is not null or d."reference" <> '')
)sql"};

} // namespace

task<result<std::map<std::string, std::vector<shop::wanted_read>>>> draw_sample(pg::connection& db,
                                                                                sample_question which) {
  std::vector<std::optional<std::string>> ids(which.accounts.begin(), which.accounts.end());
  pg::params with;
  std::vector<std::optional<std::string>> by_number(which.by_number.begin(), which.by_number.end());
  with.texts(ids).integer(which.orders_max).boolean(which.adopt_unassigned).texts(by_number);
  auto drawn = co_await db.run(draw, std::move(with));
  if (!drawn) co_return drawn.error();
  std::map<std::string, std::vector<shop::wanted_read>> wanted;
  for (std::size_t i = 0; i < drawn->size(); ++i) {
    std::string account(drawn->text(i, 0));
    wanted[account].push_back({account, drawn->maybe_text(i, 1), std::string(drawn->text(i, 2)), instant{}});
  }
  co_return wanted;
}

} // namespace suivi::reconciler
