// Runs a replay on an io_context of its own and shows a progress bar.
#include "receiver/replay/command.hpp"

#include "common/base/utf8.hpp"
#include "common/crypto/crypto.hpp"
#include "common/json/json_text.hpp"
#include "common/pg/attended_migration.hpp"
#include "common/program/migrate_command.hpp"
#include "common/program/progress_bar.hpp"
#include "common/runtime/signals.hpp"
#include "common/runtime/task_group.hpp"
#include "common/schema/schema.hpp"
#include "receiver/replay/replay.hpp"
#include "receiver/services/options.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr int connections = 2;
constexpr double per_second_max = 1e9;

enum exits : int { done = 0, failed = 1, usage = 2, incomplete = 3 };

void say(const std::string& line) {
  fmt::print(stderr, "suivi-receiver: {}\n", line);
}

task<result<void>> prepare_schema(const pg::connect_options& options, bool dry_run) {
  auto db = co_await program::connect_patiently(options);
  if (!db) co_return db.error();
  auto scripts = schema::all();
  if (!dry_run) {
    auto ran = co_await pg::migrate_attended(*db, options, scripts);
    if (!ran) co_return ran.error();
    co_return result<void>();
  }
  auto missing = co_await pg::migrations_missing(*db, scripts);
  if (!missing) co_return missing.error();
  if (*missing > 0) co_return permanent("schema:behind", "run `suivi-receiver migrate` first");
  co_return result<void>();
}

task<void> stop_on_signal(replay& run) {
  co_await runtime::stop_requested();
  run.stop();
}

task<void> show_progress(const replay& run, const replay_source& from) {
  steady_time begun = steady_now();
  for (;;) {
    const auto& counts = run.report().counts;
    program::progress current{
        static_cast<std::int64_t>(counts.settled()), static_cast<std::int64_t>(counts.selected), "events",
        fmt::format("{} applied, {} failed", counts.applied, counts.failed), from.done()};
    program::show_progress_line(
        program::progress_line(current, std::chrono::duration_cast<milliseconds>(steady_now() - begun)));
    co_await runtime::sleep_for(200ms);
  }
}

class one_replay {
 public:
  one_replay(asio::io_context& io, const config::settings& s, const replay_arguments& arguments)
      : executor_(io.get_executor()), settings_(s), arguments_(arguments),
        client_(executor_, http::client_limits{}), db_(executor_, connect_options(s), connections),
        accounts_(db_, client_, s) {}

  task<void> run(replay_selection selection, std::FILE* file, int& status) {
    status = failed;
    std::unique_ptr<replay_source> from;
    if (file) from = file_source(selection, file); // owned from here on
    auto options = connect_options(settings_);
    auto ready = co_await prepare_schema(options, arguments_.dry_run);
    if (!ready) {
      say(to_string(ready.error()));
      co_return;
    }
    co_await accounts_.refresh();
    if (!accounts_.can_tell()) {
      say(accounts_.sees_none() ? "no courier account of the shop can be seen"
                                : "the shop's courier accounts cannot be read");
      co_return;
    }
    if (!selection.account.empty() && !accounts_.knows(selection.account)) {
      say(fmt::format("--account {}: there is no such account; allowed is {}",
                      to_storable_text(selection.account), known_accounts()));
      status = usage;
      co_return;
    }
    if (!arguments_.legacy && !from) {
      auto unknown = co_await unknown_event(selection);
      if (!unknown || *unknown) {
        say(unknown ? fmt::format("--event {}: there is no such event", to_storable_text(**unknown))
                    : to_string(unknown.error()));
        status = unknown ? usage : failed;
        co_return;
      }
    }
    if (arguments_.legacy)
      from = legacy_source(selection);
    else if (!from)
      from = inbox_source(selection, accounts_.resolve(std::nullopt).value_or(""));
    auto ended = co_await go_through(*from, selection, status);
    db_.connections().close();
    client_.close();
    if (!ended) {
      say(to_string(ended.error()));
      status = failed;
    }
  }

 private:
  [[nodiscard]] std::string known_accounts() const {
    std::vector<std::string> ids;
    for (const account_registry::listed& each : accounts_.list()) ids.push_back(each.id);
    return ids.empty() ? "none: the shop has no courier account" : fmt::format("{}", fmt::join(ids, ", "));
  }

  // The first of the ids named that no event has.
  task<result<std::optional<std::string>>> unknown_event(replay_selection selection) {
    if (selection.ids.empty()) co_return std::nullopt;
    auto db = co_await db_.connections().acquire(steady_now() + 10s);
    if (!db) co_return db.error();
    auto unknown = co_await find_unknown_ids(**db, std::move(selection));
    if (!unknown) co_return unknown.error();
    if (unknown->empty()) co_return std::nullopt;
    co_return std::move(unknown->front());
  }

  task<result<void>> go_through(replay_source& from, const replay_selection& selection, int& status) {
    replay_options how;
    how.door = door_options(settings_);
    how.door.dry_run = arguments_.dry_run;
    how.events_per_second = arguments_.rate.value_or(0);
    how.owner = "replay " + crypto::hex(crypto::random_bytes(8));
    replay all(db_.connections(), accounts_, how);
    runtime::task_group beside(executor_);
    beside.spawn("signals", stop_on_signal(all));
    bool bar = program::shows_progress();
    if (bar) beside.spawn("progress", show_progress(all, from));
    auto ended = co_await all.run(from);
    beside.cancel();
    co_await beside.join();
    if (bar) program::end_progress();
    if (ended && all.report().counts.selected == 0 && !selection.ids.empty() &&
        (arguments_.file || arguments_.legacy)) {
      say(fmt::format("--event {}: {} has no such event that is selected",
                      to_storable_text(selection.ids.front()),
                      arguments_.file ? *arguments_.file : "webhook_events"));
      status = usage;
      co_return ended;
    }
    if (ended || all.report().counts.selected > 0) print(all.report());
    status = all.stopped() || all.report().counts.failed > 0 ? incomplete : done;
    if (all.stopped()) say("stopped before the end; it may be run again");
    co_return ended;
  }

  void print(const replay_report& r) const {
    if (arguments_.json)
      fmt::print("{}\n", write_json(to_json(r)));
    else
      fmt::print("{}", to_table(r));
  }

  asio::any_io_executor executor_;
  const config::settings& settings_;
  const replay_arguments& arguments_;
  http::client client_;
  database_monitor db_;
  account_registry accounts_;
};

error wrong(std::string_view option, std::string_view value, std::string_view allowed) {
  return permanent("usage", fmt::format("{} {}: allowed is {}", option, to_storable_text(value), allowed));
}

} // namespace

result<replay_selection> to_selection(const replay_arguments& arguments, instant now) {
  replay_selection selection;
  constexpr std::string_view moments = "a time of RFC 3339 or an age such as 24h";
  if (arguments.since) selection.since = read_moment(*arguments.since, now);
  if (arguments.since && !selection.since) return wrong("--since", *arguments.since, moments);
  if (arguments.until) selection.until = read_moment(*arguments.until, now);
  if (arguments.until && !selection.until) return wrong("--until", *arguments.until, moments);
  if (arguments.outcome && !take_outcome(*arguments.outcome, selection))
    return wrong("--outcome", *arguments.outcome, outcomes_allowed);
  if (arguments.legacy && selection.outcome_is_set)
    return wrong("--outcome", *arguments.outcome, "`all` with --legacy: those rows have no outcome");
  if (arguments.legacy && arguments.file)
    return wrong("--file", *arguments.file, "either --file or --legacy");
  for (const auto& id : arguments.events) {
    if (id.empty() || !is_utf8(id)) return wrong("--event", id, "an event's id");
    selection.ids.push_back(id);
  }
  if (arguments.account && (arguments.account->empty() || !is_utf8(*arguments.account)))
    return wrong("--account", *arguments.account, "an account's id");
  selection.account = arguments.account.value_or("");
  if (arguments.rate && !(*arguments.rate > 0 && *arguments.rate <= per_second_max))
    return wrong("--rate", fmt::format("{}", *arguments.rate), "a number of events a second above 0");
  return selection;
}

int run_replay(const config::settings& s, const replay_arguments& arguments) {
  auto selection = to_selection(arguments, suivi::now());
  if (!selection) {
    say(selection.error().detail);
    return usage;
  }
  if (!selection->is_in_order()) {
    say(wrong("--until", *arguments.until, until_allowed).detail);
    return usage;
  }
  std::FILE* file = nullptr;
  if (arguments.file) file = std::fopen(arguments.file->c_str(), "rb");
  if (arguments.file && !file) {
    say(fmt::format("--file {}: it cannot be opened", *arguments.file));
    return usage;
  }
  // The file may be a pipe that nobody writes to any more, or a line without end.
  runtime::stop_deadline deadline(runtime::stop_grace_max, incomplete);
  asio::io_context io(1);
  one_replay all(io, s, arguments);
  runtime::task_group group(io.get_executor());
  int status = failed;
  group.spawn("replay", all.run(std::move(*selection), file, status));
  io.run();
  return status;
}

} // namespace suivi::receiver
