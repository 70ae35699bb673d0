// One replay holds one connection at a time, so that two of them leave some of a small pool to the lanes.
#include "receiver/api/replay_endpoint.hpp"

#include "common/base/utf8.hpp"
#include "common/crypto/crypto.hpp"
#include "common/json/json_text.hpp"
#include "receiver/api/redaction/order_columns.hpp"
#include "receiver/replay/replay.hpp"
#include "receiver/web/responses.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t events_max = 100'000;
constexpr int replays_max = 2;

http::response unavailable(std::string_view why) {
  auto answer = refused(503, "UNAVAILABLE", why);
  answer.headers.emplace_back("Retry-After", "5");
  return answer;
}

replay_report shown_report(replay_report report) {
  for (replay_change& each : report.changes)
    for (std::optional<std::string>* value : {&each.change.from, &each.change.to})
      *value = shown_text(each.change.field, *value);
  return report;
}

struct counted_in {
  explicit counted_in(int& how_many) : running(how_many) { ++running; }
  counted_in(const counted_in&) = delete;
  counted_in& operator=(const counted_in&) = delete;
  ~counted_in() { --running; }
  int& running;
};

} // namespace

replay_endpoint::replay_endpoint(pg::pool& connections, account_registry& accounts, shop::door_options door)
    : connections_(connections), accounts_(accounts), door_(door) {}

task<result<http::response>> replay_endpoint::answer(std::string body) {
  if (running_ >= replays_max) co_return unavailable("other replays are under way");
  counted_in running(running_);
  auto said = co_await run(std::move(body));
  co_return said;
}

task<result<http::response>> replay_endpoint::run(std::string body) {
  auto request = read_replay_request(body, suivi::now());
  if (!request) co_return refused(400, "BAD_REQUEST", request.error().detail);
  if (!accounts_.loaded()) co_return unavailable("the shop's accounts have not been read yet");
  if (accounts_.sees_none()) co_return unavailable("no courier account of the shop can be seen");
  const std::string& account = request->selection.account;
  if (!account.empty() && !accounts_.knows(account)) co_await accounts_.refresh();
  if (!account.empty() && !accounts_.knows(account)) co_return refused(404, "NOT_FOUND", "account not found");
  auto only_account = accounts_.resolve(std::nullopt).value_or("");

  {
    auto deadline = std::chrono::steady_clock::now() + 5s;
    auto db = co_await connections_.acquire(deadline);
    if (!db) co_return db.error();
    auto& open = **db;
    auto unknown_ids = co_await find_unknown_ids(open, request->selection);
    if (!unknown_ids) co_return unknown_ids.error();
    if (!unknown_ids->empty())
      co_return refused(404, "NOT_FOUND",
                        fmt::format("webhook event {} not found", to_storable_text(unknown_ids->front())));
    auto selected = co_await count_selected(open, request->selection, only_account, events_max);
    if (!selected) co_return selected.error();
    if (*selected > events_max)
      co_return refused(400, "TOO_MANY_EVENTS",
                        fmt::format("more than {} events are selected: narrow since and until, or use "
                                    "`suivi-receiver replay`",
                                    events_max));
  }

  replay_options how;
  how.door = door_;
  how.door.dry_run = request->dry_run;
  how.owner = "replay " + crypto::hex(crypto::random_bytes(8));
  replay all(connections_, accounts_, how);
  auto from = inbox_source(request->selection, only_account);
  auto ended = co_await all.run(*from);
  if (!ended) co_return ended.error();
  boost::json::object answer;
  answer["success"] = true;
  answer["data"] = to_json(shown_report(all.report()));
  http::response said;
  said.body = write_json(answer);
  co_return said;
}

} // namespace suivi::receiver
