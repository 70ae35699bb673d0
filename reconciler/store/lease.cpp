// The SQL of an account's lease.
#include "reconciler/store/lease.hpp"

namespace suivi::reconciler {
namespace {

constexpr pg::statement know_account{"store_know_account", R"sql(
insert into suivi.account as a (id, name) values ($1, $2)
on conflict (id) do update set name = excluded.name where a.name <> excluded.name
)sql"};

constexpr pg::statement acquire{"store_acquire_lease", R"sql(
update suivi.account
set lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 millisecond', term = term + 1
where id = $1 and (lease_until is null or lease_until <= clock_timestamp())
returning term
)sql"};

constexpr pg::statement acquire_unless_swept{"store_acquire_unless_swept", R"sql(
update suivi.account
set lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 millisecond', term = term + 1
where id = $1 and (lease_until is null or lease_until <= clock_timestamp())
  and not exists (select from suivi.sweep s where s.account = $1 and s.kind <> 'lookups' and s.started_at > $4)
returning term
)sql"};

constexpr pg::statement release{"store_release_lease", R"sql(
update suivi.account set lease_owner = null, lease_until = null where id = $1 and term = $2
)sql"};

constexpr pg::statement check_term{"store_check_term", "select suivi.hold_term($1, $2)", false, true};

constexpr pg::statement renew{"store_renew_lease", R"sql(
update suivi.account set lease_until = clock_timestamp() + $3 * interval '1 millisecond'
where id = $1 and term = $2 and lease_until is not null
returning 1
)sql"};

} // namespace

task<result<std::optional<lease>>> acquire_lease(pg::connection& db, std::string account, std::string name,
                                                 std::string owner, std::optional<instant> unless_since) {
  pg::params known;
  known.text(account).text(name);
  auto inserted = co_await db.run(know_account, std::move(known));
  if (!inserted) co_return inserted.error();
  pg::params wanted;
  wanted.text(account).text(owner).integer(lease_time.count());
  if (unless_since) wanted.timestamp(unless_since);
  pg::statement which = unless_since ? acquire_unless_swept : acquire;
  auto taken = co_await db.run(which, std::move(wanted));
  if (!taken) co_return taken.error();
  std::optional<lease> mine;
  if (!taken->empty()) mine = lease{account, taken->integer(0, 0)};
  co_return mine;
}

task<result<void>> release_lease(pg::connection& db, lease held) {
  pg::params with;
  with.text(held.account).integer(held.term);
  auto done = co_await db.run(release, std::move(with));
  if (!done) co_return done.error();
  co_return result<void>();
}

void add_term_check(pg::pipeline& steps, const lease& held) {
  pg::params with;
  with.text(held.account).integer(held.term);
  steps.add(check_term, std::move(with));
}

std::size_t add_lease_renewal(pg::pipeline& steps, const lease& held) {
  pg::params with;
  with.text(held.account).integer(held.term).integer(lease_time.count());
  return steps.add(renew, std::move(with));
}

} // namespace suivi::reconciler
