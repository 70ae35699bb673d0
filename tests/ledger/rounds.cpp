// Everything of a round follows from its own seed, the plan's and its number: `--seed` of round 17 plays it
// first.
#include "tests/ledger/rounds.hpp"
#include "tests/support/sanitized.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::ledger {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr seconds recovery_limit =
    30s * test::slowness; // after healing: a sender waits 10 for an answer, a lease lapses after 5

milliseconds since(steady_clock::time_point begun) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
}

std::vector<std::string> make_trouble(stage& on, const plan& plan, std::minstd_rand& random) {
  std::vector<std::string> names;
  auto share = random() % 10;
  auto count = share < 5 ? 1 : share < 8 ? 2 : 3;
  for (int n = 0; n < count; ++n) {
    std::this_thread::sleep_for(milliseconds(random() % 500));
    const auto& f = choose(plan.faults, random);
    f.begin(on, random);
    names.emplace_back(f.name);
  }
  // Seldom long enough for every limit of the receiver's to pass.
  std::this_thread::sleep_for(milliseconds(random() % (random() % 10 == 0 ? 7'000 : 1'200)));
  return names;
}

void add(sending_counts& sum, const sending_counts& one) {
  sum.requests += one.requests;
  sum.refused += one.refused;
  sum.unanswered += one.unanswered;
  sum.abandoned += one.abandoned;
  sum.unexpected += one.unexpected;
  if (one.unexpected > 0) sum.an_unexpected_one = one.an_unexpected_one;
  sum.slowest = std::max(sum.slowest, one.slowest);
}

bool wait_for(steady_clock::time_point until, const auto& holds) {
  while (!holds()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::sleep_for(20ms);
  }
  return true;
}

} // namespace

bool sums::well() const {
  return last.lost.empty() && last.doubled.empty() && last.misnamed.empty() && last.strangers == 0 &&
         wrong_orders == 0 && never_quiet == 0 && sent.unexpected == 0;
}

sums play(stage& on, book& pages, const plan& plan, const volatile int& stop) {
  sums all;
  std::int64_t read_to = 0;
  auto begun = steady_clock::now();
  auto more = [&] {
    bool in_time = plan.limit == 0s || since(begun) < plan.limit;
    return all.rounds < plan.rounds && in_time && stop == 0 && all.well();
  };
  while (more()) {
    auto seed = plan.seed + static_cast<unsigned>(all.rounds++);
    std::minstd_rand random(seed * 7919 + 17);
    sending courier(pages, {on.webhook_url(), on.guepex_url(), on.guepex_secret(), plan.senders,
                            plan.messages, 20ms, seed});
    auto faults = make_trouble(on, plan, random);
    for (const auto& name : faults) ++all.faults[name];
    on.heal();

    auto healed = steady_clock::now();
    bool quiet = wait_for(healed + recovery_limit, [&] { return courier.done(); });
    courier.give_up();
    auto counts = courier.finish();
    quiet = wait_for(healed + recovery_limit, [&] { return on.pending() == 0; }) && quiet;
    auto recovery = since(healed);
    if (!quiet) ++all.never_quiet;
    if (recovery > all.longest_recovery) {
      all.longest_recovery = recovery;
      all.longest_after = fmt::format("{}", fmt::join(faults, ", "));
    }
    read_to = on.read_events(read_to, pages);
    add(all.sent, counts);
    all.last = pages.judge();
    auto wrong = on.wrong_orders(pages);
    all.wrong_orders = static_cast<std::int64_t>(wrong.size());
    fmt::print("{:4} seed {:<6} {:>5} requests, {:>3} refused, {:>3} unanswered, quiet after {:>5} ms: {}\n",
               all.rounds, seed, counts.requests, counts.refused, counts.unanswered, recovery.count(),
               fmt::join(faults, ", "));
    for (std::size_t i = 0; i < std::min<std::size_t>(wrong.size(), 10); ++i)
      fmt::print("     {}\n", wrong[i]);
    std::fflush(stdout);
  }
  // Once more from the first event on: nothing that was there has gone.
  pages.forget_found();
  on.read_events(0, pages);
  all.last = pages.judge();
  return all;
}

void print(const sums& all, const stage& on) {
  auto line = [](const std::string& label, const auto& value) { fmt::print("{:<44}{:>10}\n", label, value); };
  auto acknowledged = [&](const char* outcome) {
    auto at = all.last.acknowledged.find(outcome);
    return at == all.last.acknowledged.end() ? 0 : at->second;
  };
  std::int64_t sum = 0;
  for (const auto& [outcome, count] : all.last.acknowledged) sum += count;
  fmt::print("\n");
  line("rounds", all.rounds);
  line("messages sent", all.last.sent);
  line("requests", all.sent.requests);
  line("messages acknowledged", sum);
  for (const char* outcome : {"stored", "duplicate", "spooled", "ignored", "quarantined"})
    line(fmt::format("  first as {}", outcome), acknowledged(outcome));
  line("messages found in the database", all.last.found);
  line("requests refused (503)", all.sent.refused);
  line("requests unanswered", all.sent.unanswered);
  line("messages abandoned by their sender", all.sent.abandoned);
  line("slowest 2xx, ms", all.sent.slowest.count());
  fmt::print("faults\n");
  for (const auto& [name, count] : all.faults) line("  " + std::string(name), count);
  line("LOST", all.last.lost.size());
  line("DOUBLED", all.last.doubled.size());
  line("receipts that name another event", all.last.misnamed.size());
  line("events nobody sent", all.last.strangers);
  line("orders that show another state", all.wrong_orders);
  line("rounds that did not come to rest", all.never_quiet);
  line("answers that should not be", all.sent.unexpected);
  if (all.sent.unexpected > 0) fmt::print("  for instance {}\n", all.sent.an_unexpected_one);
  line("longest recovery, ms", all.longest_recovery.count());
  fmt::print("  after {}\nevents by outcome: {}\n", all.longest_after, on.outcomes());
}

} // namespace suivi::ledger
