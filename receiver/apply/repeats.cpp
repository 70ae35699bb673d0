// Brings repeated events back under a known account. What fails is logged and left.
#include "receiver/apply/repeats.hpp"

#include "common/log/log.hpp"
#include "receiver/inbox/pending.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace suivi::receiver {
namespace {

constexpr milliseconds connection_wait{5'000};
constexpr std::size_t kept_max = 1'000;

template <typename Each>
void append(std::vector<Each>& to, std::vector<Each> from) {
  for (Each& each : from)
    if (to.size() < kept_max) to.push_back(std::move(each));
}

} // namespace

void repeats::add(std::vector<repeated_webhook> repeated) {
  append(repeated_, std::move(repeated));
}

void repeats::add(std::vector<readdressed> events) {
  append(readdressed_, std::move(events));
}

task<std::vector<std::int64_t>> repeats::poll() {
  if (!repeated_.empty() && db_.is_up()) co_await store_repeated();
  std::vector<std::int64_t> moved;
  if (!readdressed_.empty() && db_.is_up() && accounts_.can_tell()) moved = co_await readdress_events();
  co_return moved;
}

task<void> repeats::store_repeated() {
  std::vector<repeated_webhook> repeated = std::exchange(repeated_, {});
  steady_time deadline = steady_now() + connection_wait;
  auto lease = co_await db_.connections().acquire(deadline);
  if (!lease) co_return;
  auto& connection = **lease;
  auto done = co_await store_repeats(connection, std::move(repeated));
  if (!done) log::warn("repeated events could not be read again", {{"error", to_string(done.error())}});
}

task<std::vector<std::int64_t>> repeats::readdress_events() {
  std::vector<readdressed> events = std::exchange(readdressed_, {});
  std::vector<std::int64_t> none;
  auto unknown = [this](const readdressed& each) { return !accounts_.resolve(each.account); };
  if (std::any_of(events.begin(), events.end(), unknown)) co_await accounts_.refresh();
  std::erase_if(events, unknown);
  if (events.empty()) co_return none;
  steady_time deadline = steady_now() + connection_wait;
  auto lease = co_await db_.connections().acquire(deadline);
  if (!lease) co_return none;
  auto& connection = **lease;
  std::vector<std::string> known;
  for (const account_registry::listed& each : accounts_.list()) known.push_back(each.id);
  auto moved = co_await readdress(connection, std::move(events), std::move(known));
  if (!moved) {
    log::warn("events that came again under another account stay as they are",
              {{"error", to_string(moved.error())}});
    co_return none;
  }
  if (!moved->empty())
    log::info("events of an unknown account came again under a known one and are applied",
              {{"events", moved->size()}});
  co_return std::move(*moved);
}

} // namespace suivi::receiver
