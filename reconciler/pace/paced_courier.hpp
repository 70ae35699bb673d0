// One account's courier, asked gently: every request waits for its turn (pace.hpp), is repeated as pace.hpp
// decides, and is counted. Many coroutines may ask at once, and the caller bounds their number; how many
// requests are really under way is decided here. Whatever is canceled leaves its place to the next.
#pragma once

#include "common/courier/courier_api.hpp"
#include "common/decision/observation.hpp"
#include "common/runtime/task.hpp"
#include "common/runtime/wakeup.hpp"
#include "common/shop/accounts.hpp"
#include "common/shop/request_quota.hpp"
#include "reconciler/pace/courier_options.hpp"
#include "reconciler/pace/pace.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace suivi::reconciler {

template <class T>
struct read_result {
  enum class outcome { good, past_end, unreadable, stopped };
  outcome result = outcome::unreadable;
  std::optional<T> content; // for good
  courier::response_meta how;
  std::string why; // for unreadable and stopped
};

struct courier_counts {
  // Every request that was sent, or that no connection could be had for; `good`: of these, answered well.
  std::int64_t requests = 0, good = 0, bad = 0, retries = 0, throttled = 0;
  std::optional<instant> last;
  bool key_refused = false;
};

class paced_courier {
 public:
  // `account`, `database`: whose quotas they are, and where they are kept; `writes_nothing`: not what is used
  // up of them either.
  paced_courier(http::client& client, const shop::account& account, pg::pool& database,
                const courier_options& options, bool writes_nothing);
  paced_courier(const paced_courier&) = delete;
  paced_courier& operator=(const paced_courier&) = delete;

  // What list() reads: the courier's whole list, unless one of these was called before.
  void list_changes_since(std::string day) { changes_since_ = std::move(day); }
  void list_numbers(std::vector<std::vector<std::string>> batches) { batches_ = std::move(batches); }
  // Of the numbers that page asks for; empty where it is a list's.
  [[nodiscard]] std::span<const std::string> numbers_of(int page) const;
  // Two parts of what it asks for become the last pages: the numbers that the courier blames and the others;
  // where it blames none or all, the two halves. Of two numbers at least.
  void part(int page, std::span<const std::string> blamed);
  [[nodiscard]] const courier::capabilities& can() const { return can_; }

  // A page of the list. However often it is called, a page is asked for at most `tries_max` times in this
  // object's life.
  task<read_result<shipment_page>> list(int page);
  // A single read (common/shop/single_read.hpp): what the courier shows of that parcel or reference,
  // verified. Goes before every page that waits for its turn.
  task<read_result<std::vector<shop::observation>>> read(shop::wanted_read wanted, milliseconds read_lag);

  // Parcels of several references or tracking numbers (courier_api.hpp), unverified.
  task<read_result<shipment_page>> look_up(std::vector<std::string> references);
  task<read_result<shipment_page>> read_numbers(std::vector<std::string> numbers);

  // So many callers at once are of use: the ceiling of requests in flight, and one more for each caller that
  // has failed and waits to ask again, so that bad pages do not keep others from being read.
  [[nodiscard]] std::size_t useful_callers() const;

  // How long the courier is still to be left alone, by its own word or by our growing pause; zero where it
  // may be asked. `on_pause` is called whenever an answer has made it longer.
  [[nodiscard]] milliseconds closed_for() const;
  void on_pause(std::function<void()> call) { on_pause_ = std::move(call); }
  // Another program was told so: nothing is asked until then, and no sweep waits longer than throttled_max
  // for it.
  void close_for(milliseconds pause);

  [[nodiscard]] const courier_counts& counts() const { return counts_; }
  [[nodiscard]] int in_flight() const { return pace_.in_flight(); } // requests under way now
  // Why nothing more is asked of this account; empty while it is.
  [[nodiscard]] const std::string& stopped() const { return stopped_; }

 private:
  class slot;
  class retrying_caller;
  template <class T>
  task<read_result<T>> ask(pace::priority priority, int& tries,
                           std::function<task<courier::answer<T>>()> once);
  template <class T>
  judgment learn(read_result<T>& into, courier::answer<T> answer, slot& on_its_way, int tries, bool& refused);
  task<void> turn(slot& mine);
  void call_next();
  void wake_one();
  void stop(std::string why);
  double jitter();

  shop::request_quota quota_;
  std::unique_ptr<courier::courier_api> api_;
  courier::capabilities can_;
  std::optional<std::string> changes_since_;
  std::vector<std::vector<std::string>> batches_;
  int max_in_flight_;
  pace pace_;
  refusals refusals_;
  std::map<pace::ticket, slot*> in_line_;
  courier_counts counts_;
  std::function<void()> on_pause_;
  std::string stopped_;
  std::map<int, int> tries_by_page_;
  int given_up_in_a_row_ = 0;
  std::size_t retrying_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

} // namespace suivi::reconciler
