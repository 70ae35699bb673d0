// Waits and counts around each request to a courier.
#include "reconciler/pace/paced_courier.hpp"

#include "common/courier_list/apis/make_courier.hpp"
#include "common/shop/single_read.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace suivi::reconciler {
namespace {

constexpr std::size_t retrying_max = 32;
constexpr milliseconds wait_max{60'000}; // then it is looked again, whatever was reckoned

std::string leave_alone(milliseconds pause) {
  return fmt::format("the courier wants to be left alone for {} s",
                     std::chrono::ceil<std::chrono::seconds>(pause).count());
}

} // namespace

// A request's slot, in line and then on its way, given up when it is destroyed.
class paced_courier::slot {
 public:
  slot(paced_courier& of, asio::any_io_executor executor, pace::priority priority, pace::budget_charge price)
      : of_(of), id_(of.pace_.stand_in_line(priority, price)), wake_(std::move(executor)) {
    of_.in_line_[id_] = this;
  }
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;
  ~slot() {
    of_.in_line_.erase(id_);
    if (ended_) return;
    of_.pace_.left(id_);
    of_.call_next();
    of_.wake_one();
  }

  void ended(answer_kind how, milliseconds wait, double jitter, steady_time now) {
    ended_ = true;
    of_.pace_.ended(id_, how, wait, jitter, now);
    of_.call_next();
    of_.wake_one();
  }

  paced_courier& of_;
  pace::ticket id_;
  runtime::wakeup wake_;
  bool admitted_ = false;
  bool ended_ = false;
};

// Counts a caller from its first failure to its end.
class paced_courier::retrying_caller {
 public:
  explicit retrying_caller(paced_courier& of) : of_(of) {}
  retrying_caller(const retrying_caller&) = delete;
  retrying_caller& operator=(const retrying_caller&) = delete;
  ~retrying_caller() {
    if (counted_) --of_.retrying_;
  }
  void note_failure() {
    if (!counted_) ++of_.retrying_;
    counted_ = true;
  }

 private:
  paced_courier& of_;
  bool counted_ = false;
};

paced_courier::paced_courier(http::client& client, const shop::account& account, pg::pool& database,
                             const courier_options& options, bool writes_nothing)
    : quota_(database, writes_nothing),
      api_(courier::make_courier(client, account.courier, options.request_timeout, account.id, &quota_)),
      can_(courier::capabilities_of(account.courier.courier)),
      max_in_flight_(std::max(1, options.max_in_flight)),
      pace_(pace_limits{max_in_flight_, options.requests_per_second}) {}

double paced_courier::jitter() {
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

std::size_t paced_courier::useful_callers() const {
  return static_cast<std::size_t>(max_in_flight_) + std::min(retrying_, retrying_max);
}

milliseconds paced_courier::closed_for() const {
  return pace_.closed_for(steady_now());
}

void paced_courier::close_for(milliseconds pause) {
  pace_.close_for(pause, steady_now());
  if (pause > throttled_max) stop(leave_alone(pause));
}

void paced_courier::call_next() {
  steady_time now = steady_now();
  while (std::optional<pace::ticket> next = pace_.admit(now)) {
    slot* next_slot = in_line_.at(*next);
    next_slot->admitted_ = true;
    next_slot->wake_.notify();
  }
}

// Whoever waits reckoned with the state before an answer; one of them reckons anew, so that somebody is there
// when a gate that was closed meanwhile opens.
void paced_courier::wake_one() {
  for (auto& [id, waiting] : in_line_) {
    if (waiting->admitted_) continue;
    waiting->wake_.notify();
    return;
  }
}

void paced_courier::stop(std::string why) {
  if (!stopped_.empty()) return;
  stopped_ = std::move(why);
  for (auto& [id, waiting] : in_line_) waiting->wake_.notify();
}

task<void> paced_courier::turn(slot& mine) {
  while (stopped_.empty()) {
    call_next();
    if (mine.admitted_) break;
    steady_time now = steady_now();
    steady_time again = std::min(pace_.recheck_at(now), now + wait_max);
    co_await mine.wake_.wait_until(again);
  }
}

template <class T>
judgment paced_courier::learn(read_result<T>& into, courier::answer<T> answer, slot& on_its_way, int tries,
                              bool& refused) {
  error problem;
  if (!answer.content) problem = answer.content.error();
  if (problem.code == "courier:unauthorized") {
    bool first = !std::exchange(refused, true);
    if (!refusals_.is_of_key(answer.how.status, first))
      problem = transient("courier:forbidden", problem.detail);
  }
  const error* failure = answer.content ? nullptr : &problem;
  const answer_kind how = classify(failure, answer.how.status, answer.how.retry_after);
  const bool wants_pause = how == answer_kind::throttled || how == answer_kind::busy;
  const int throttled_in_a_row = pace_.throttled_in_a_row() + (wants_pause ? 1 : 0);
  const judgment judged = judge(failure, answer.how.retry_after, tries, throttled_in_a_row, jitter());
  const steady_time now = steady_now();

  const bool sent = answer.how.requested_at != instant{}; // else the quota did not allow it
  if (sent) {
    ++counts_.requests;
    ++(how == answer_kind::good ? counts_.good : counts_.bad);
    counts_.last = answer.how.answered_at;
  }
  counts_.key_refused = counts_.key_refused || how == answer_kind::refused_key;
  if (how == answer_kind::throttled && sent) ++counts_.throttled;
  if (how == answer_kind::good) {
    given_up_in_a_row_ = 0;
    refusals_.accepted();
  }
  into.how = answer.how;
  if (failure)
    into.why = to_string(*failure);
  else
    into.content = std::move(*answer.content);

  if (how == answer_kind::refused_key)
    stop(fmt::format("the courier refuses this account's key ({})", answer.how.status));
  else if (judged.step == next_step::stop_account)
    stop(leave_alone(judged.wait));
  on_its_way.ended(how, judged.wait, jitter(), now);
  if (wants_pause && on_pause_) on_pause_();
  std::string give_up_reason = pace_.give_up_reason(now);
  if (!give_up_reason.empty()) stop(fmt::format("{} ({})", give_up_reason, into.why));
  return judged;
}

template <class T>
task<read_result<T>> paced_courier::ask(pace::priority priority, int& tries,
                                        std::function<task<courier::answer<T>>()> once) {
  using outcome = typename read_result<T>::outcome;
  auto executor = co_await asio::this_coro::executor;
  read_result<T> got;
  retrying_caller mine(*this);
  bool refused = false; // with a 403, at least once
  pace::budget_charge price = pace::budget_charge::first;
  for (;;) {
    if (tries >= tries_max) {
      if (got.why.empty()) got.why = fmt::format("asked for {} times", tries);
      break;
    }
    std::optional<slot> here;
    here.emplace(*this, executor, priority, price);
    co_await turn(*here);
    if (!stopped_.empty()) {
      got.result = outcome::stopped;
      got.why = stopped_;
      break;
    }
    auto answer = co_await once();
    bool throttled = !answer.content && answer.content.error().code == "courier:throttled";
    if (!throttled) ++tries;
    judgment next = learn(got, std::move(answer), *here, tries, refused);
    here.reset();
    if (next.step == next_step::take || next.step == next_step::past_end) {
      got.result = next.step == next_step::take ? outcome::good : outcome::past_end;
      break;
    }
    if (!stopped_.empty()) {
      got.result = outcome::stopped;
      break;
    }
    if (next.step == next_step::give_up) {
      got.result = outcome::unreadable;
      if (++given_up_in_a_row_ >= given_up_max)
        stop(fmt::format("the courier gave no good answer to {} requests in a row ({})", given_up_max,
                         got.why));
      break;
    }
    ++counts_.retries;
    price = throttled ? pace::budget_charge::none : pace::budget_charge::repeated;
    if (throttled) continue; // the gate holds it
    mine.note_failure();
    if (priority == pace::priority::page) priority = pace::priority::repetition;
    if (next.step == next_step::again) co_await runtime::sleep_for(next.wait);
  }
  co_return got;
}

std::span<const std::string> paced_courier::numbers_of(int page) const {
  if (batches_.empty()) return {};
  return batches_.at(static_cast<std::size_t>(page) - 1);
}

void paced_courier::part(int page, std::span<const std::string> blamed) {
  std::vector<std::string> numbers = batches_.at(static_cast<std::size_t>(page) - 1);
  auto middle = std::ranges::partition(numbers, [&](const std::string& one) {
                  return std::ranges::find(blamed, one) == blamed.end();
                }).begin();
  if (middle == numbers.begin() || middle == numbers.end())
    middle = numbers.begin() + static_cast<std::ptrdiff_t>((numbers.size() + 1) / 2);
  batches_.emplace_back(numbers.begin(), middle);
  batches_.emplace_back(middle, numbers.end());
}

task<read_result<shipment_page>> paced_courier::list(int page) {
  int& tries = tries_by_page_[page];
  std::function<task<courier::answer<shipment_page>>()> once = [this, page] {
    if (!batches_.empty()) return api_->find_by_trackings(batches_.at(static_cast<std::size_t>(page) - 1));
    return changes_since_ ? api_->list_changes(*changes_since_, page) : api_->list(page);
  };
  auto got = co_await ask(pace::priority::page, tries, std::move(once));
  co_return got;
}

task<read_result<shipment_page>> paced_courier::look_up(std::vector<std::string> references) {
  int tries = 0;
  std::function<task<courier::answer<shipment_page>>()> once = [this, references] {
    return api_->find_by_references(references, false);
  };
  auto got = co_await ask(pace::priority::page, tries, std::move(once));
  co_return got;
}

task<read_result<shipment_page>> paced_courier::read_numbers(std::vector<std::string> numbers) {
  int tries = 0;
  std::function<task<courier::answer<shipment_page>>()> once = [this, numbers] {
    return api_->find_by_trackings(numbers);
  };
  auto got = co_await ask(pace::priority::page, tries, std::move(once));
  co_return got;
}

task<read_result<std::vector<shop::observation>>> paced_courier::read(shop::wanted_read wanted,
                                                                      milliseconds read_lag) {
  int tries = 0;
  std::function<task<courier::answer<std::vector<shop::observation>>>()> once = [this, wanted, read_lag] {
    return shop::read_parcels(*api_, wanted, shop::source::confirm, read_lag);
  };
  auto got = co_await ask(pace::priority::single_read, tries, std::move(once));
  co_return got;
}

} // namespace suivi::reconciler
