// Sends webhooks with retries, a bounded number at once.
#include "tests/maystro_sim/courier/pusher.hpp"

#include "common/crypto/crypto.hpp"
#include "tests/maystro_sim/courier/guepex_webhook.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::sim {
namespace {

bool acknowledged(unsigned status) {
  return status == 102 || status == 200 || status == 201 || status == 202 || status == 204;
}

http::client_limits client_limits_of(const settings& s) {
  http::client_limits limits;
  limits.max_idle_per_host = static_cast<std::size_t>(s.webhook_concurrency);
  return limits;
}

constexpr std::uint64_t challenge_every = 200; // events; the first of all asks as well

std::string for_account(std::string url, std::string_view id) {
  const std::string_view mark = "{account}";
  for (auto at = url.find(mark); at != std::string::npos; at = url.find(mark, at + id.size()))
    url.replace(at, mark.size(), id);
  return url;
}

} // namespace

pusher::pusher(asio::any_io_executor executor, const courier& of, std::uint64_t seed)
    : courier_(of), seed_(seed), client_(executor, client_limits_of(of.set)), wakeup_(executor),
      sends_(executor) {}

void pusher::announce(const news& news) {
  const auto parcel = courier_.all.view_step(news.change);
  switch (courier_.accounts[parcel.account].kind) {
  case courier_kind::guepex:
    announce_at_guepex(news, parcel);
    return;
  case courier_kind::nord_west: // tells nobody anything
    return;
  case courier_kind::maystro:
    break;
  }
  const auto tell = [&](const std::string& url, std::string_view trigger) {
    const auto name = event_name(courier_.set, trigger, news.created, parcel.status);
    if (!name) return;
    const auto how = decide_fate(courier_.set, seed_, counted_.sent);
    post(url, how, event_text(parcel, *name, how.with_reference), parcel.changed_at);
  };
  if (!courier_.set.webhook_url.empty())
    tell(for_account(courier_.set.webhook_url, courier_.accounts[parcel.account].id), "all");
  for (const auto& h : courier_.hooks)
    if (h.account == parcel.account) tell(h.endpoint, h.trigger);
}

void pusher::announce_at_guepex(const news& news, const parcel_view& parcel) {
  if (courier_.set.guepex_webhook_url.empty()) return;
  const client_account& account = courier_.accounts[parcel.account];
  const std::string url = for_account(courier_.set.guepex_webhook_url, account.id);
  if (guepex_events_++ % challenge_every == 0) challenge(url);
  fate how = decide_fate(courier_.set, seed_, counted_.sent);
  const std::string id = fmt::format("evt-{}-{}-{}", seed_, news.change.parcel, news.change.step);
  std::string event = guepex_event(parcel, id, news.created, how.with_reference);
  draw chance(how.chance);
  std::string events = event;
  std::string& last = last_event_[parcel.account];
  const bool again = !news.created && !last.empty() && chance.chance(0.25);
  if (again) events = chance.chance(0.5) ? last + "," + event : event + "," + last;
  if (!how.lost && !news.created) last = std::move(event);
  post_signed(account, url, how,
              guepex_delivery(news.created ? "parcel_created" : "parcel_status_updated", events));
  if (parcel.status == 41 && !news.created) {
    fate paid = decide_fate(courier_.set, seed_, counted_.sent);
    post_signed(account, url, paid,
                guepex_delivery("parcel_payment_updated", guepex_event(parcel, id + "-paid", false, false)));
  }
}

void pusher::post_signed(const client_account& account, const std::string& url, const fate& how,
                         std::string body) {
  ++counted_.sent;
  if (how.lost) {
    ++counted_.lost;
    return;
  }
  const crypto::sha256_digest digest = crypto::hmac_sha256(account.signing_key(), body);
  std::string signature = crypto::hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
  if (how.chance % 2 == 0) signature = "sha256=" + signature;
  const auto sent = std::make_shared<message>(
      message{url, "application/json", std::move(body), false, std::move(signature), {}});
  counted_.duplicated += how.copies.size() - 1;
  for (const auto delay : how.copies) queue({std::chrono::steady_clock::now() + delay, copies_++, sent, 0});
}

void pusher::challenge(const std::string& url) {
  const std::string token = fmt::format("{:016x}", hash({seed_, 702, counted_.challenges++}));
  const char joint = url.find('?') == std::string::npos ? '?' : '&';
  const auto question = std::make_shared<message>(
      message{fmt::format("{}{}subscribe=&crc_token={}", url, joint, token), {}, {}, false, {}, token});
  queue({std::chrono::steady_clock::now(), copies_++, question, 0});
}

void pusher::announce_test(std::size_t account) {
  for (const auto& h : courier_.hooks) {
    if (h.account != account) continue;
    const auto how = decide_fate(courier_.set, seed_, counted_.sent);
    post(h.endpoint, how, R"({"event":"test","payload":{"message":"This is a test."}})", now());
  }
}

void pusher::post(const std::string& url, const fate& how, const std::string& event, instant published_at) {
  const auto number = counted_.sent++;
  if (how.lost) {
    ++counted_.lost;
    return;
  }
  draw chance(how.chance);
  const auto id = fmt::format("{}", 1'000'000'000 + hash({seed_, 701}) % 1'000'000'000 * 1'000'000 + number);
  auto wrapping = wrap(how.style, event, id, published_at, chance);
  const auto sent = std::make_shared<message>(
      message{url, std::move(wrapping.content_type), std::move(wrapping.body), false, {}, {}});
  counted_.duplicated += how.copies.size() - 1;
  for (const auto delay : how.copies) queue({std::chrono::steady_clock::now() + delay, copies_++, sent, 0});
}

void pusher::send_as_is(std::string url, wrapped as_is) {
  ++counted_.sent;
  const auto sent = std::make_shared<message>(
      message{std::move(url), std::move(as_is.content_type), std::move(as_is.body), false, {}, {}});
  queue({std::chrono::steady_clock::now(), copies_++, sent, 0});
}

void pusher::queue(copy one) {
  waiting_.push(std::move(one));
  wakeup_.notify();
}

task<void> pusher::run() {
  while (!stopping_) {
    const auto at = std::chrono::steady_clock::now();
    const auto limit = static_cast<std::size_t>(courier_.set.webhook_concurrency);
    while (!waiting_.empty() && waiting_.top().due <= at && under_way_ < limit) {
      auto one = waiting_.top();
      waiting_.pop();
      ++under_way_;
      sends_.spawn("webhook", send(std::move(one)));
    }
    if (waiting_.empty() || under_way_ >= limit) {
      co_await wakeup_.wait();
    } else {
      const auto next = waiting_.top().due;
      co_await wakeup_.wait_until(next);
    }
  }
  sends_.cancel();
  co_await sends_.join();
  client_.close();
}

void pusher::stop() {
  stopping_ = true;
  wakeup_.notify();
}

task<void> pusher::send(copy one) {
  http::client_request request;
  const bool is_challenge = !one.message->challenge.empty();
  const bool is_signed = !one.message->signature.empty();
  request.method = is_challenge ? "GET" : "POST";
  request.url = one.message->url;
  if (!is_challenge) request.headers.emplace_back("Content-Type", one.message->content_type);
  if (is_signed) request.headers.emplace_back("X-YALIDINE-SIGNATURE", one.message->signature);
  request.headers.emplace_back("User-Agent", "APIs-Google"); // Pub/Sub calls itself so
  request.body = one.message->body;
  ++counted_.attempts;
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(courier_.set.webhook_timeout_ms);
  auto answered = co_await client_.send(std::move(request), deadline);
  --under_way_;
  if (is_challenge) {
    const bool right = answered && answered->status == 200 &&
                       answered->body == "{\"crc_token\":\"" + one.message->challenge + "\"}";
    if (!right) ++counted_.challenges_failed;
    wakeup_.notify();
    co_return;
  }
  if (answered && (is_signed ? answered->status == 200 : acknowledged(answered->status))) {
    if (!one.message->delivered) ++counted_.delivered;
    one.message->delivered = true;
    wakeup_.notify();
    co_return;
  }
  ++counted_.refused;
  const auto doublings = std::min(one.refusals++, 20U);
  const auto wait = std::min<std::int64_t>(courier_.set.webhook_retry_first_ms << doublings,
                                           courier_.set.webhook_retry_most_ms);
  one.due = std::chrono::steady_clock::now() + milliseconds(wait);
  if (!stopping_) queue(std::move(one));
}

} // namespace suivi::sim
