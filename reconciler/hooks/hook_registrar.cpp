// Reads the hooks, decides, changes them; reads them again where an answer was lost.
#include "reconciler/hooks/hook_registrar.hpp"

#include "common/courier_list/apis/make_courier.hpp"
#include "common/shop/courier_pause.hpp"
#include "reconciler/pace/pace.hpp"

#include <algorithm>

namespace suivi::reconciler {
namespace {

constexpr int attempts_max = 4;
constexpr int rounds_max = 4; // of registering; after the last one it is looked once more
constexpr milliseconds wait_max{60'000};

bool is_lasting(const error& e) {
  return e.kind == failure::permanent;
}

} // namespace

hook_registrar::hook_registrar(http::client& client, pg::pool& database, const shop::account& who,
                               milliseconds request_timeout, hook_owner owner)
    : api_(courier::make_hooks_api(client, who.courier, request_timeout)), database_(database),
      owner_(std::move(owner)), name_(who.name) {
  if (owner_.account.empty()) owner_.account = who.id;
}

task<void> hook_registrar::note(courier::response_meta how, std::optional<error> failure) {
  ++counts_.requests;
  ++(!failure || failure->code == "courier:not_found" ? counts_.good : counts_.bad);
  counts_.last = how.answered_at;
  co_await shop::share_courier_pause(database_, owner_.account, how);
}

// For requests that may be repeated.
template <class Ask>
auto hook_registrar::with_retries(Ask ask) -> decltype(ask()) {
  for (int tries = 1;; ++tries) {
    auto answer = co_await ask();
    error problem;
    if (!answer.content) problem = answer.content.error();
    const error* failure = answer.content ? nullptr : &problem;
    std::optional<error> failed;
    if (failure) failed = problem;
    co_await note(answer.how, failed);
    judgment next = judge(failure, answer.how.retry_after, tries, tries, 0.5);
    bool again = next.step == next_step::again || next.step == next_step::again_gated;
    if (!again || tries >= attempts_max || next.wait > wait_max) co_return std::move(answer);
    co_await runtime::sleep_for(next.wait);
  }
}

task<result<void>> hook_registrar::read() {
  milliseconds pause = co_await shop::courier_pause_now(database_, owner_.account);
  if (pause > wait_max) co_return shop::left_alone(pause);
  if (pause.count() > 0) co_await runtime::sleep_for(pause);
  auto ask_types = [this] { return api_->hook_types(); };
  auto types = co_await with_retries(ask_types);
  if (!types.content) co_return types.content.error();
  auto ask_hooks = [this] { return api_->hooks(); };
  auto hooks = co_await with_retries(ask_hooks);
  if (!hooks.content) co_return hooks.content.error();
  types_ = std::move(*types.content);
  hooks_ = std::move(*hooks.content);
  co_return result<void>();
}

hook_report hook_registrar::make_report() const {
  hook_report r;
  r.account = owner_.account;
  r.account_name = name_;
  std::vector<hook> ours = hooks_of(hooks_, owner_);
  for (const hook& h : hooks_) {
    bool mine = std::any_of(ours.begin(), ours.end(), [&](const hook& o) { return o.id == h.id; });
    r.hooks.push_back({h.id, masked_endpoint(h.endpoint), trigger_names(h, types_), mine});
  }
  if (owner_.public_url.empty()) return r; // nothing can be ours
  hook_plan plan = plan_hooks(hooks_, types_, owner_);
  for (const hook_type& t : plan.wanted) r.wanted.push_back(t.name);
  for (const hook_type& t : plan.add) r.missing.push_back(t.name);
  r.at_old_addresses = hooks_at_old_addresses(hooks_, types_, owner_);
  return r;
}

task<hook_report> hook_registrar::inspect() {
  auto got = co_await read();
  hook_report r = make_report();
  if (!got) r.failed = got.error();
  co_return r;
}

task<void> hook_registrar::remove(std::vector<hook> hooks, hook_report& into) {
  for (const hook& h : hooks) {
    auto ask = [this, &h] { return api_->remove_hook(h.id); };
    auto gone = co_await with_retries(ask);
    bool away = gone.content || gone.content.error().code == "courier:not_found";
    if (away)
      into.removed.push_back(trigger_names(h, types_));
    else
      into.failed = gone.content.error();
    if (into.failed && into.failed->code == "courier:unauthorized") break;
  }
}

task<hook_report> hook_registrar::ensure() {
  hook_report done;
  std::vector<std::string> at_first; // missing then
  for (int round = 1; round <= rounds_max + 1; ++round) {
    auto got = co_await read();
    if (!got) {
      done.failed = got.error();
      break;
    }
    hook_plan plan = plan_hooks(hooks_, types_, owner_);
    if (round == 1)
      for (const hook_type& t : plan.add) at_first.push_back(t.name);
    if (plan.wanted.empty()) {
      done.failed = permanent(
          "hooks:no_type", "the courier lists none of the triggers that tell of an order's state, nor `all`");
      break;
    }
    if (plan.add.empty()) {
      done.failed.reset();
      if (plan.remove.empty()) break;
      co_await remove(plan.remove, done);
      bool all_gone = !done.failed;
      auto after = co_await read();
      if (!after) done.failed = after.error();
      if (all_gone || (done.failed && is_lasting(*done.failed))) break;
      continue;
    }
    if (round > rounds_max) break;
    for (const hook_type& type : plan.add) {
      std::string endpoint = endpoint_of(owner_);
      auto added = co_await api_->add_hook(endpoint, type.id);
      error problem;
      if (!added.content) problem = added.content.error();
      std::optional<error> refused;
      if (!added.content) refused = problem;
      co_await note(added.how, refused);
      if (added.content) continue;
      done.failed = problem;
      milliseconds pause = added.how.retry_after.value_or(backoff_first + backoff(round, 0.5));
      if (is_lasting(problem) || pause > wait_max) continue;
      co_await runtime::sleep_for(pause);
      break; // it may have happened: look first
    }
    if (done.failed && is_lasting(*done.failed)) {
      auto after = co_await read();
      (void)after; // what failed is told already
      break;
    }
  }
  hook_report r = make_report();
  r.removed = std::move(done.removed);
  r.failed = std::move(done.failed);
  if (!r.failed && !r.missing.empty())
    r.failed = transient("hooks:missing", "the courier took the hooks and does not list them");
  for (const std::string& name : at_first)
    if (std::find(r.missing.begin(), r.missing.end(), name) == r.missing.end()) r.added.push_back(name);
  co_return r;
}

task<hook_report> hook_registrar::remove() {
  hook_report done;
  auto got = co_await read();
  if (!got) {
    done.failed = got.error();
  } else {
    std::vector<hook> ours = hooks_of(hooks_, owner_);
    if (!ours.empty()) {
      co_await remove(std::move(ours), done);
      auto after = co_await read();
      if (!after && !done.failed) done.failed = after.error();
    }
  }
  hook_report r = make_report();
  r.removed = std::move(done.removed);
  r.failed = std::move(done.failed);
  co_return r;
}

task<std::optional<error>> hook_registrar::test() {
  auto paused = co_await shop::refusal_of_pause(database_, owner_.account);
  if (paused) co_return paused;
  auto tested = co_await api_->test_hooks();
  std::optional<error> failed;
  if (!tested.content) failed = tested.content.error();
  co_await note(tested.how, failed);
  co_return failed;
}

} // namespace suivi::reconciler
