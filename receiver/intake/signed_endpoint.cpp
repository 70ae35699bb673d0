// Answers signed webhooks: account, signature, events, response.
#include "receiver/intake/signed_endpoint.hpp"

#include "common/courier_list/parts.hpp"
#include "common/runtime/task_group.hpp"
#include "receiver/event/decode_event.hpp"
#include "receiver/web/responses.hpp"

#include <fmt/format.h>

namespace suivi::receiver {
namespace {

constexpr int retry_after_seconds = 5;
constexpr milliseconds note_patience{500};

constexpr pg::statement note_challenge{"intake_note_challenge", R"sql(
insert into suivi.account (id, challenged_at) values ($1, clock_timestamp())
on conflict (id) do update set challenged_at = excluded.challenged_at
)sql"};

std::string_view outcome_of(const webhook& row, const receipt& kept) {
  if (kept.spooled) return "spooled";
  if (kept.repeated) return "duplicate";
  if (!kept.poison.empty() || row.event.kind == event_kind::not_understood) return "quarantined";
  return row.event.kind == event_kind::ignored ? "ignored" : "stored";
}

} // namespace

// The token comes back whatever the database does; that it was asked for is noted where it can be.
task<http::response> signed_endpoint::answer_challenge(http::request request, route where) {
  const courier::signed_webhooks& of = *courier::part_of(where.courier).signs;
  auto target = http::parse_target(request.target);
  auto token = target ? target->find(of.challenge_parameter) : std::nullopt;
  std::optional<std::string> answer = token ? of.challenge_answer(*token) : std::nullopt;
  if (!answer)
    co_return refused(400, "BAD_REQUEST", fmt::format("{}: {}", of.challenge_parameter, of.token_allowed));
  http::response response;
  response.body = std::move(*answer);
  std::string account = accounts_.resolve(where.account, where.courier).value_or("");
  if (account.empty() || !db_.is_up()) co_return response;
  auto db = co_await db_.connections().acquire(steady_now() + note_patience);
  if (!db) co_return response;
  pg::params with;
  with.text(account);
  auto noted = co_await (*db)->run(note_challenge, std::move(with));
  (void)noted;
  co_return response;
}

// The shop's only account of that courier where none is named.
task<signed_endpoint::named_account> signed_endpoint::find_account(courier_kind which,
                                                                   std::optional<std::string> named) {
  auto account = accounts_.resolve(named, which);
  bool found = account && !account->empty();
  if (!found) {
    co_await accounts_.refresh();
    account = accounts_.resolve(named, which);
    found = account && !account->empty();
  }
  if (found) co_return named_account{*account, std::nullopt};
  bool can_tell = accounts_.can_tell();
  if (can_tell) {
    bool hidden = co_await accounts_.may_be_hidden();
    can_tell = !hidden;
  }
  if (!can_tell) {
    counts_.webhook("unavailable");
    co_return named_account{{}, cannot_keep(retry_after_seconds)};
  }
  if (named)
    co_return named_account{
        {},
        refused(404, "NOT_FOUND",
                fmt::format("account: no active {} account has this id", display_name(which)))};
  co_return named_account{
      {},
      refused(400, "BAD_REQUEST",
              fmt::format("account: to be named, for the shop has not exactly one {} account",
                          display_name(which)))};
}

signed_endpoint::signature signed_endpoint::check_signature(const courier::signed_webhooks& of,
                                                            const http::request& request,
                                                            const std::string& account) const {
  secret key = accounts_.webhook_secret(account);
  if (key.empty()) return signature::none_wanted;
  auto header = http::find_header(request.headers, of.signature_header);
  bool right = header && of.is_signed(request.body, *header, key.reveal());
  return right ? signature::right : signature::wrong;
}

task<void> signed_endpoint::store_one(webhook row, std::optional<result<receipt>>& into) {
  auto kept = co_await in_.store(std::move(row));
  into.emplace(std::move(kept));
}

task<http::response> signed_endpoint::store_whole(std::string body, std::string account, std::string why) {
  webhook row = to_unread_webhook(without_claim(std::move(body)), std::move(account), why, suivi::now());
  auto kept = co_await in_.store(std::move(row));
  if (!kept) {
    counts_.webhook("unavailable");
    co_return cannot_keep(retry_after_seconds);
  }
  counts_.webhook("quarantined");
  // The courier counts 200 alone as received.
  std::optional<std::string> id;
  if (!kept->spooled) id = std::to_string(kept->id);
  co_return quarantined_whole(id, why);
}

task<http::response> signed_endpoint::answer(http::request request, route where) {
  if (request.method != "POST") {
    auto challenged = co_await answer_challenge(std::move(request), std::move(where));
    co_return challenged;
  }
  const courier::signed_webhooks& of = *courier::part_of(where.courier).signs;
  std::optional<std::string> named = where.account;
  named_account account = co_await find_account(where.courier, named);
  if (account.refusal) co_return std::move(*account.refusal);
  signature found = check_signature(of, request, account.id);
  if (found == signature::wrong) { // the shop may have changed the key since it was read
    co_await accounts_.refresh();
    account = co_await find_account(where.courier, named);
    if (account.refusal) co_return std::move(*account.refusal);
    found = check_signature(of, request, account.id);
  }
  if (found == signature::wrong) {
    counts_.webhook("unauthorized");
    co_return refused(401, "UNAUTHORIZED", "wrong or missing signature");
  }
  split_delivery delivery = split_events(of, request.body, body_bytes_max_);
  if (delivery.too_large) {
    counts_.webhook("too_large");
    co_return body_too_large();
  }
  if (delivery.bodies.empty()) {
    auto whole = co_await store_whole(std::move(request.body), account.id, std::move(delivery.why));
    co_return whole;
  }
  instant received_at = suivi::now();
  std::vector<webhook> rows;
  for (std::string& body : delivery.bodies) {
    if (found == signature::right) body = marked_as_signed(std::move(body));
    rows.push_back(to_webhook(std::move(body), account.id, received_at));
  }
  std::vector<std::optional<result<receipt>>> receipts(rows.size());
  auto executor = co_await asio::this_coro::executor;
  runtime::task_group storing(executor);
  for (std::size_t i = 0; i < rows.size(); ++i) storing.spawn("webhook", store_one(rows[i], receipts[i]));
  co_await storing.join();

  std::vector<event_receipt> events;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!receipts[i] || !*receipts[i]) {
      counts_.webhook("unavailable");
      co_return cannot_keep(retry_after_seconds);
    }
    const receipt& kept = receipts[i]->value();
    std::string_view outcome = outcome_of(rows[i], kept);
    counts_.webhook(outcome);
    event_receipt one;
    if (!kept.spooled) one.id = std::to_string(kept.id);
    one.outcome = outcome;
    events.push_back(std::move(one));
  }
  co_return event_receipts(events);
}

} // namespace suivi::receiver
