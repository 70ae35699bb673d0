// One transaction of two round trips. Apart, storing and applying are two transactions, with a pending row
// written and deleted between them.
#include "receiver/intake/inline_apply.hpp"

#include "common/base/backoff.hpp"
#include "common/door/door_steps.hpp"
#include "common/log/log.hpp"
#include "receiver/event/decode_event.hpp"

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// An answer waits for this transaction: whoever holds a lock on the shop's table, or slows its updates down
// with a trigger, must not make the courier wait.
constexpr pg::statement short_limits{"receiver_short_limits",
                                     "select set_config('lock_timeout', '100ms', true), "
                                     "set_config('statement_timeout', '1s', true)"};
constexpr milliseconds too_slow = 400ms;
constexpr milliseconds rest_min = 1s;
constexpr milliseconds rest_max = 30s;

} // namespace

bool inline_apply::is_allowed(std::size_t rows) const {
  return accounts_.can_tell() && !lane_.is_finishing() && rows <= shop::observations_per_call_max &&
         lane_.free_capacity() >= rows && !lane_.is_behind() && steady_clock::now() >= retry_at_;
}

task<result<std::vector<receipt>>> inline_apply::store(pg::connection& db, std::span<const webhook> rows) {
  auto begun = steady_clock::now();
  auto kept = co_await try_store(db, rows);
  auto now = steady_clock::now();
  if (kept && now - begun < too_slow) {
    failures_ = 0;
    co_return kept;
  }
  retry_at_ = now + backoff(failures_++, rest_min, rest_max, jitter());
  if (!kept) {
    log::debug("webhooks are stored first and applied later", {{"error", to_string(kept.error())}});
    co_await shop::roll_back(db);
  }
  co_return kept;
}

task<result<std::vector<receipt>>> inline_apply::try_store(pg::connection& db,
                                                           std::span<const webhook> rows) {
  std::vector<shop::observation> observations;
  std::vector<std::size_t> row_of;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].event.kind != maystro::event_kind::order) continue;
    const auto& shipment = rows[i].event.shipment;
    auto account = accounts_.resolve(rows[i].account, shipment.courier);
    if (!account || !can_be_applied(shipment)) continue;
    observations.push_back(to_observation(rows[i]));
    observations.back().account = *account;
    observations.back().is_signed = !accounts_.webhook_secret(*account).empty();
    row_of.push_back(i);
  }

  pg::pipeline opening;
  opening.add(shop::begin_statement);
  opening.add(short_limits);
  add_take_keys(opening, rows);
  shop::add_fast_path(opening, observations);
  auto looked = co_await db.run(std::move(opening));
  if (!looked) co_return looked.error();
  auto receipts = read_taken_keys((*looked)[2], rows.size());
  if (!receipts) co_return receipts.error();

  std::size_t fresh = 0;
  for (std::size_t n = 0; n < observations.size(); ++n) {
    const auto& r = (*receipts)[row_of[n]];
    if (r.seen_before) continue;
    observations[n].event_id = r.id;
    if (fresh != n) observations[fresh] = std::move(observations[n]);
    row_of[fresh++] = row_of[n];
  }
  observations.resize(fresh);
  std::span<const pg::rows> answers(*looked);
  auto decided = co_await shop::look_and_decide(db, answers.subspan(3), observations, door_);
  if (!decided) co_return decided.error();

  std::vector<std::optional<disposition>> ends(rows.size()); // of those that end here
  pending_event as_new;
  for (std::size_t n = 0; n < observations.size(); ++n) {
    auto next = after_verdict(as_new, decided->decision.verdicts[n], suivi::now(), jitter());
    if (next.action == disposition::kind::close) ends[row_of[n]] = std::move(next);
  }
  pg::pipeline closing;
  add_store(closing, rows, *receipts, ends, lane_.owner());
  shop::add_writes(closing, decided->decision, decided->before);
  closing.add(shop::commit_statement);
  auto written = co_await db.run(std::move(closing));
  if (!written) co_return written.error();

  std::vector<pending_event> open;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& r = (*receipts)[i];
    if (ends[i])
      lane_.note_closed(r.id, rows[i].received_at, true, *ends[i]);
    else if (!r.seen_before && rows[i].event.kind == maystro::event_kind::order)
      open.push_back(to_work(rows[i], r.id));
  }
  if (!open.empty()) lane_.enqueue(std::move(open));
  co_return std::move(*receipts);
}

} // namespace suivi::receiver
