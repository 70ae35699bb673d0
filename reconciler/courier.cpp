// The waiting and counting around maystro::api.
#include "reconciler/courier.hpp"

#include "common/shop/single_read.hpp"

#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

// So many pages or parcels given up one after the other, with no good answer between: the courier is away.
constexpr int most_given_up = 25;

} // namespace

courier::courier(http::client& client, maystro::credentials who, milliseconds request_timeout,
                 double requests_per_second)
    : api_(client, std::move(who), request_timeout), gate_(requests_per_second) {}

double courier::chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

task<void> courier::turn() {
  for (;;) {
    steady_time now = std::chrono::steady_clock::now();
    steady_time open = gate_.opens_at(now);
    if (open <= now) {
      gate_.started(now);
      co_return;
    }
    co_await runtime::sleep_until(open);
  }
}

template <class T> task<courier::step> courier::learn(asked<T>& into, maystro::answer<T> answer, int tries) {
  using outcome = typename asked<T>::outcome;
  error problem;
  if (!answer.content) problem = answer.content.error();
  const error* failure = answer.content ? nullptr : &problem;
  steady_time now = std::chrono::steady_clock::now();
  bool throttled = failure && failure->code == "maystro:throttled";
  bool past_end = failure && failure->code == "maystro:not_found";
  ++counts_.requests;
  ++(!failure || past_end ? counts_.good : counts_.bad);
  counts_.last = answer.how.answered_at;
  into.how = answer.how;

  if (throttled) {
    ++counts_.throttled;
    ++throttled_in_a_row_;
    gate_.throttled(now);
  } else if (!failure) {
    throttled_in_a_row_ = given_up_in_a_row_ = 0;
    gate_.answered_well();
  }
  if (failure) into.why = to_string(*failure);

  judgement what = judge(failure, answer.how.retry_after, tries, throttled_in_a_row_, chance());
  if (what.what == next_step::again_gated && gate_.throttled_for(now) > throttled_most) what.what = next_step::stop_account;
  switch (what.what) {
  case next_step::take:
    into.content = std::move(*answer.content);
    into.what = outcome::good;
    co_return step::ended;
  case next_step::past_end: into.what = outcome::past_end; co_return step::ended;
  case next_step::again_gated:
    gate_.close_until(now + what.wait);
    ++counts_.retries;
    co_return step::again;
  case next_step::again:
    ++counts_.retries;
    co_await runtime::sleep_for(what.wait);
    co_return step::again;
  case next_step::give_up:
    into.what = outcome::unreadable;
    if (++given_up_in_a_row_ >= most_given_up && stopped_.empty())
      stopped_ = fmt::format("the courier gave no good answer to {} requests in a row ({})", most_given_up, into.why);
    co_return step::ended;
  case next_step::stop_account: break;
  }
  if (stopped_.empty()) {
    stopped_ = failure->code == "maystro:unauthorized" ? fmt::format("the courier refuses this account's key ({})", answer.how.status)
                                                       : "the courier throttles without end";
  }
  into.what = outcome::stopped;
  co_return step::ended;
}

task<asked<maystro::page>> courier::list(int page) {
  asked<maystro::page> got;
  int& tries = tries_by_page_[page];
  for (;;) {
    if (tries >= most_tries) {
      if (got.why.empty()) got.why = fmt::format("page {} was asked for {} times", page, tries);
      break;
    }
    co_await turn();
    if (!stopped_.empty()) {
      got.what = asked<maystro::page>::outcome::stopped;
      got.why = stopped_;
      break;
    }
    auto answer = co_await api_.list(page);
    bool counts = answer.content || answer.content.error().code != "maystro:throttled";
    if (counts) ++tries;
    auto next = co_await learn(got, std::move(answer), tries);
    if (next == step::ended) break;
  }
  co_return got;
}

task<asked<std::vector<shop::observation>>> courier::read(shop::wanted_read what, milliseconds read_lag) {
  asked<std::vector<shop::observation>> got;
  for (int tries = 0;;) {
    co_await turn();
    if (!stopped_.empty()) {
      got.what = asked<std::vector<shop::observation>>::outcome::stopped;
      got.why = stopped_;
      break;
    }
    auto answer = co_await shop::read_parcels(api_, what, shop::source::confirm, read_lag);
    bool counts = answer.content || answer.content.error().code != "maystro:throttled";
    if (counts) ++tries;
    auto next = co_await learn(got, std::move(answer), tries);
    if (next == step::ended) break;
  }
  co_return got;
}

} // namespace suivi::reconciler
