// The SQL of what is known about an account's hooks.
#include "reconciler/hooks/hook_state.hpp"

namespace suivi::reconciler {
namespace {

constexpr pg::statement claim{"hooks_claim", R"sql(
insert into suivi.account as a (id, name, hooks_until) values ($1, $2, clock_timestamp() + interval '2 minutes')
on conflict (id) do update set hooks_until = excluded.hooks_until
where a.hooks_until is null or a.hooks_until <= clock_timestamp()
returning 1
)sql"};

constexpr pg::statement record{"hooks_record", R"sql(
update suivi.account
set hooks_until = null, hooks_checked_at = now(), hooks_registered = $2, hooks_problem = $3, hooks_wanted = $4
where id = $1
)sql"};

constexpr pg::statement due{"hooks_check_due", R"sql(
insert into suivi.account as a (id, name, hooks_due_at) values ($1, $2, now() + $3 * interval '1 millisecond')
on conflict (id) do update set hooks_due_at = excluded.hooks_due_at
where a.hooks_due_at is null or a.hooks_due_at <= now()
returning 1
)sql"};

constexpr pg::statement postpone{"hooks_postpone", R"sql(
update suivi.account set hooks_due_at = now() + $2 * interval '1 millisecond' where id = $1
)sql"};

task<result<bool>> returns_a_row(pg::connection& db, pg::statement statement, pg::params parameters) {
  auto found = co_await db.run(statement, std::move(parameters));
  if (!found) co_return found.error();
  co_return !found->empty();
}

task<result<void>> run(pg::connection& db, pg::statement statement, pg::params parameters) {
  auto ran = co_await db.run(statement, std::move(parameters));
  if (!ran) co_return ran.error();
  co_return result<void>();
}

} // namespace

task<result<bool>> claim_hooks(pg::connection& db, std::string account, std::string name) {
  pg::params with;
  with.text(account).text(name);
  return returns_a_row(db, claim, std::move(with));
}

task<result<void>> record_hooks(pg::connection& db, std::string account, hook_state state) {
  std::vector<std::optional<std::string>> names(state.registered.begin(), state.registered.end());
  pg::params with;
  std::vector<std::optional<std::string>> wanted(state.wanted.begin(), state.wanted.end());
  with.text(account).texts(names).text(state.problem).texts(wanted);
  return run(db, record, std::move(with));
}

task<result<bool>> hook_check_is_due(pg::connection& db, std::string account, std::string name,
                                     milliseconds next) {
  pg::params with;
  with.text(account).text(name).integer(next.count());
  return returns_a_row(db, due, std::move(with));
}

task<result<void>> postpone_hook_check(pg::connection& db, std::string account, milliseconds by) {
  pg::params with;
  with.text(account).integer(by.count());
  return run(db, postpone, std::move(with));
}

} // namespace suivi::reconciler
