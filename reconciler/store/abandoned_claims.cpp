// The SQL that removes the claims.
#include "reconciler/store/abandoned_claims.hpp"

#include "common/shop/accounts.hpp"

namespace suivi::reconciler {
namespace {

#define SUIVI_IS_NO_MORE(name)                                                                               \
  "(" name " <> $1 and not exists (select from shipping_accounts s where s.\"id\" = " name ")"               \
  " and ($2 or " name " !~ '^env(-[0-9]+)?$'))"

constexpr pg::statement drop_adoptions{
    "claims_drop_adoptions", "delete from suivi.adopted_order a where " SUIVI_IS_NO_MORE("a.account")};

constexpr pg::statement drop_contests{
    "claims_drop_contests", "update suivi.adopted_order a set contested_by = null, at = clock_timestamp() "
                            "where a.contested_by is not null and " SUIVI_IS_NO_MORE("a.contested_by")};

#undef SUIVI_IS_NO_MORE

} // namespace

// Of an account that a policy hides nobody can say that it is no more.
task<result<void>> drop_abandoned_claims(pg::connection& db, lease held, bool of_default_courier) {
  auto hidden = co_await shop::may_hide_accounts(db);
  if (!hidden) co_return hidden.error();
  if (*hidden) co_return result<void>();
  pg::pipeline steps; // one implicit transaction
  add_term_check(steps, held);
  for (pg::statement each : {drop_adoptions, drop_contests}) {
    pg::params with;
    with.text(held.account).boolean(of_default_courier);
    steps.add(each, std::move(with));
  }
  auto done = co_await db.run(std::move(steps));
  if (!done) co_return done.error();
  co_return result<void>();
}

} // namespace suivi::reconciler
