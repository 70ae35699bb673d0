// One test request and the hooks of each account; then the programs, over HTTP.
#include "reconciler/doctor/courier_facts.hpp"

#include "common/log/log.hpp"
#include "common/shop/account_statistics.hpp"
#include "reconciler/hooks/hook_owner.hpp"
#include "reconciler/hooks/hook_registrar.hpp"
#include "reconciler/pace/pace.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace suivi::reconciler {
namespace {

constexpr int asked_max = 3;
constexpr milliseconds longest_wait{10'000};
constexpr milliseconds local_patience{2'000};
constexpr milliseconds courier_second{1'000}; // its Date has whole seconds

// The first page of the list: what a sweep would ask for.
task<shop::request_counts> test_key(services& p, const shop::account& who, account_facts& into) {
  maystro::api courier(p.client, who.courier, p.settings.maystro.request_timeout);
  shop::request_counts counts;
  for (int tries = 1;; ++tries) {
    auto answer = co_await courier.list(1);
    into.key.reset();
    if (!answer.content) into.key = answer.content.error();
    ++counts.requests;
    ++(into.key ? counts.bad : counts.good);
    counts.last = answer.how.answered_at;
    if (answer.how.server_date) {
      milliseconds off =
          std::chrono::duration_cast<milliseconds>(*answer.how.server_date - answer.how.answered_at);
      // Between asking and answering, and within its second, it is not off at all.
      milliseconds round_trip =
          std::chrono::duration_cast<milliseconds>(answer.how.answered_at - answer.how.asked_at);
      if (off > milliseconds(0))
        into.courier_ahead = off;
      else
        into.courier_ahead = std::min(milliseconds(0), off + round_trip + courier_second);
    }
    judgement next = judge(into.key ? &*into.key : nullptr, answer.how.retry_after, tries, tries, 0.5);
    bool again = next.step == next_step::again || next.step == next_step::again_gated;
    if (!again || tries >= asked_max || next.wait > longest_wait) break;
    co_await runtime::sleep_for(next.wait);
  }
  co_return counts;
}

task<void> note(services& p, std::string account, std::optional<std::string> problem,
                shop::request_counts counts) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return;
  if (counts.requests > 0) {
    auto counted = co_await shop::record_requests(**db, account, counts);
    if (!counted)
      log::warn("requests could not be counted",
                {{"account", account}, {"error", to_string(counted.error())}});
  }
  instant at = now();
  auto noted = co_await shop::record_account_test(**db, account, at, std::move(problem));
  if (!noted)
    log::warn("a test could not be noted", {{"account", account}, {"error", to_string(noted.error())}});
}

task<std::optional<http::client_response>> get(services& p, std::string url) {
  http::client_request request;
  request.url = std::move(url);
  auto answer = co_await p.client.send(std::move(request), steady_now() + local_patience);
  if (!answer) co_return std::nullopt;
  co_return std::move(*answer);
}

std::optional<receiver_facts> read_readiness(std::string_view body) {
  boost::system::error_code bad;
  boost::json::value document = boost::json::parse(boost::json::string_view(body.data(), body.size()), bad);
  const boost::json::object* object = bad ? nullptr : document.if_object();
  const boost::json::value* database = object ? object->if_contains("database") : nullptr;
  const boost::json::value* spooled = object ? object->if_contains("spooled") : nullptr;
  if (!database || !database->is_string() || !spooled) return std::nullopt; // somebody else's
  boost::system::error_code not_a_number;
  auto number = spooled->to_number<std::int64_t>(not_a_number);
  if (not_a_number) return std::nullopt;
  return receiver_facts{std::string(database->get_string().c_str()), number, std::nullopt};
}

// Of the receiver's metrics.
std::optional<std::chrono::seconds> read_oldest_spooled(std::string_view metrics) {
  constexpr std::string_view name = "\nsuivi_spool_oldest_seconds ";
  auto at = metrics.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  metrics.remove_prefix(at + name.size());
  double value = 0;
  auto read = std::from_chars(metrics.data(), metrics.data() + metrics.size(), value);
  if (read.ec != std::errc() || !(value >= 0 && value < 1e9)) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(value));
}

} // namespace

task<void> collect_from_courier(services& p, shop::account who, std::vector<shop::account> accounts,
                                account_facts& into) {
  if (!into.has_key) {
    if (who.from_environment) co_return;
    std::optional<std::string> keyless = "the account has no key";
    shop::request_counts none;
    co_await note(p, who.id, std::move(keyless), none);
    co_return;
  }
  shop::request_counts counts = co_await test_key(p, who, into);
  if (!into.key && !p.settings.receiver.public_url.empty()) {
    hook_registrar hooks(p.client, who, p.settings.maystro.request_timeout,
                         owner_of_hooks(p.settings, who.id, accounts));
    hook_report seen = co_await hooks.look();
    hook_facts& facts = into.hooks.emplace();
    facts.failed = seen.failed;
    facts.missing = seen.missing;
    facts.nothing_listed = seen.wanted.empty();
    for (const std::string& name : seen.wanted)
      if (std::find(seen.missing.begin(), seen.missing.end(), name) == seen.missing.end())
        facts.registered.push_back(name);
    counts.requests += hooks.counts().requests;
    counts.good += hooks.counts().good;
    counts.bad += hooks.counts().bad;
    if (hooks.counts().last) counts.last = hooks.counts().last;
  }
  if (who.from_environment) co_return;
  std::optional<std::string> problem;
  if (into.key) problem = to_string(*into.key);
  co_await note(p, who.id, std::move(problem), counts);
}

std::string address_to_ask(const std::string& listen) {
  if (listen.starts_with("0.0.0.0:")) return "127.0.0.1" + listen.substr(7);
  if (listen.starts_with("[::]:")) return "[::1]" + listen.substr(4);
  return listen;
}

task<void> collect_from_programs(services& p, doctor_facts& into) {
  into.reconciler_address = address_to_ask(p.settings.reconciler.listen);
  auto worker = co_await get(p, "http://" + into.reconciler_address + "/healthz");
  into.reconciler_answers = worker && worker->status == 200;
  const char* scheme = p.settings.receiver.tls_certificate.empty() ? "http://" : "https://";
  into.receiver_address = address_to_ask(p.settings.receiver.listen);
  auto receiver = co_await get(p, scheme + into.receiver_address + "/readyz");
  if (receiver) into.receiver = read_readiness(receiver->body);
  if (!into.receiver || into.receiver->spooled == 0) co_return;
  auto metrics = co_await get(p, scheme + into.receiver_address + "/metrics");
  if (metrics) into.receiver->oldest_spooled = read_oldest_spooled(metrics->body);
}

} // namespace suivi::reconciler
