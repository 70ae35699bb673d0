// Polls for requested sweeps, begins them, and removes this worker's row at the end.
#include "reconciler/worker/sweep_requests.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

constexpr milliseconds poll_every{500};
constexpr milliseconds connection_wait{2'000};

// A new start under an old name (the same process number on the same machine) is a new worker. Written every
// few seconds only; what is older than a day is nobody's.
constexpr pg::statement alive{"requests_alive", R"sql(
insert into suivi.reconciler as k (owner, timezone, schedule) values ($1, $3, $4)
on conflict (owner) do update
set seen_at = clock_timestamp(), stopped_at = null, timezone = excluded.timezone, schedule = excluded.schedule,
    started_at = case when $2 then clock_timestamp() else k.started_at end
where $2 or k.stopped_at is not null or k.seen_at < clock_timestamp() - interval '5 seconds'
)sql"};

constexpr pg::statement forget_the_dead{
    "requests_forget_dead",
    "delete from suivi.reconciler where seen_at < clock_timestamp() - interval '1 day'"};

// A request stays until its sweep has ended: an account that is being swept is not looked at.
constexpr pg::statement wanted{"requests_wanted", R"sql(
select r.account, r.kind from suivi.sweep_request r
where r.asked_at > clock_timestamp() - interval '2 minutes'
  and not exists (select from suivi.account a where a.id = r.account and a.lease_until > clock_timestamp())
order by r.sweep_id
)sql"};

constexpr pg::statement goodbye{
    "requests_goodbye", "update suivi.reconciler set stopped_at = clock_timestamp() where owner = $1"};

constexpr pg::statement forget{"requests_forget", "delete from suivi.sweep_request where account = $1"};

std::string times_text(const std::vector<std::chrono::minutes>& times) {
  std::string text;
  for (std::chrono::minutes t : times)
    text += fmt::format("{}{:02}:{:02}", text.empty() ? "" : ",", t.count() / 60, t.count() % 60);
  return text;
}

} // namespace

task<result<std::vector<sweep_request>>> show_life(pg::connection& db, std::string owner,
                                                   const config::settings& s, bool first) {
  pg::pipeline steps;
  pg::params who;
  who.text(owner).boolean(first).text(s.reconciler.timezone).text(times_text(s.reconciler.schedule));
  steps.add(alive, std::move(who));
  if (first) steps.add(forget_the_dead);
  auto at = steps.add(wanted);
  auto found = co_await db.run(std::move(steps));
  if (!found) co_return found.error();
  std::vector<sweep_request> requests;
  const auto& rows = (*found)[at];
  for (std::size_t i = 0; i < rows.size(); ++i)
    requests.push_back({std::string(rows.text(i, 0)), std::string(rows.text(i, 1))});
  co_return requests;
}

task<result<void>> remove_worker(pg::connection& db, std::string owner) {
  pg::params who;
  who.text(owner);
  auto done = co_await db.run(goodbye, std::move(who));
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> forget_request(pg::connection& db, std::string account) {
  pg::params which;
  which.text(account);
  auto done = co_await db.run(forget, std::move(which));
  if (!done) co_return done.error();
  co_return result<void>();
}

sweep_request_poller::sweep_request_poller(services& p,
                                           std::function<void(const shop::sweep_report&)> on_report,
                                           std::function<void()> on_failure)
    : p_(p), on_report_(std::move(on_report)), wake_(p.executor), sweeps_(p.executor, std::move(on_failure)) {
}

void sweep_request_poller::stop() {
  stopping_ = true;
  for (requested_sweep& v : visits_) v.round.stop();
  wake_.notify();
}

void sweep_request_poller::stop_changed(std::span<const shop::account> in_force) {
  for (requested_sweep& v : visits_) v.round.stop_changed(in_force);
}

task<void> sweep_request_poller::run() {
  while (!stopping_) {
    co_await poll();
    co_await wake_.wait_until(steady_now() + poll_every);
  }
  co_await sweeps_.join();
  visits_.clear();
  co_await leave();
}

// What goes wrong here the worker's own look at the database meets too, and says.
task<void> sweep_request_poller::poll() {
  std::erase_if(visits_, [](const requested_sweep& v) { return v.ended; });
  auto db = co_await p_.database.acquire(steady_now() + connection_wait);
  if (!db) co_return;
  auto requests = co_await show_life(**db, p_.owner, p_.settings, first_);
  if (!requests || stopping_) co_return;
  first_ = false;
  for (const sweep_request& r : *requests) {
    bool begun = std::any_of(visits_.begin(), visits_.end(),
                             [&](const requested_sweep& v) { return v.account == r.account; });
    if (begun) continue;
    requested_sweep& v = visits_.emplace_back(p_, r);
    sweeps_.spawn("requested sweep", serve(v));
  }
}

task<void> sweep_request_poller::serve(requested_sweep& v) {
  auto accounts = co_await accounts_now(p_, connection_wait);
  if (accounts) std::erase_if(*accounts, [&](const shop::account& a) { return a.id != v.account; });
  if (accounts && accounts->empty()) {
    log::warn("a sweep was asked for an account that is not known here", {{"account", v.account}});
    auto db = co_await p_.database.acquire(steady_now() + connection_wait);
    if (db) {
      co_await forget_request(**db, v.account);
    }
  } else if (accounts) {
    sweep_options options = sweep_options_of(p_.settings);
    options.kind = sweep_kind_from(v.kind);
    // One that somebody else sweeps is passed over; the next look finds whether that one took the request's
    // id.
    auto outcome = co_await v.round.run(std::move(*accounts), options, milliseconds(0), nullptr);
    for (const shop::sweep_report& r : outcome.reports) {
      log::info("a sweep that was asked for has ended", {{"account", r.account}, {"sweep", r.id}});
      on_report_(r);
    }
    if (outcome.failed)
      log::warn("a requested sweep could not begin", {{"error", to_string(*outcome.failed)}});
  }
  v.ended = true;
}

task<void> sweep_request_poller::leave() {
  auto db = co_await p_.database.acquire(steady_now() + connection_wait);
  if (!db) co_return;
  auto done = co_await remove_worker(**db, p_.owner);
  if (!done) log::debug("the end of this worker could not be recorded", {{"error", to_string(done.error())}});
}

} // namespace suivi::reconciler
