// One account's courier, asked gently: every request waits for the account's gate, is repeated as pace.hpp decides, and
// is counted. Many coroutines may ask at once; the number in flight is the caller's.
#pragma once

#include "common/maystro/api.hpp"
#include "common/runtime/task.hpp"
#include "common/shop/observation.hpp"
#include "reconciler/pace.hpp"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace suivi::reconciler {

template <class T> struct asked {
  enum class outcome { good, past_end, unreadable, stopped };
  outcome what = outcome::unreadable;
  std::optional<T> content; // for good
  maystro::reading how;
  std::string why; // for unreadable and stopped
};

struct courier_counts {
  std::int64_t requests = 0, good = 0, bad = 0, retries = 0, throttled = 0;
  std::optional<instant> last;
};

class courier {
 public:
  courier(http::client& client, maystro::credentials who, milliseconds request_timeout, double requests_per_second);

  task<asked<maystro::page>> list(int page);
  // A single read (common/shop/single_read.hpp): what the courier shows of that parcel or reference, verified.
  task<asked<std::vector<shop::observation>>> read(shop::wanted_read what, milliseconds read_lag);

  [[nodiscard]] const courier_counts& counts() const { return counts_; }
  // Why nothing more is asked of this account; empty while it is.
  [[nodiscard]] const std::string& stopped() const { return stopped_; }

 private:
  enum class step { ended, again };
  task<void> turn();
  template <class T> task<step> learn(asked<T>& into, maystro::answer<T> answer, int tries);
  double chance();

  maystro::api api_;
  gate gate_;
  courier_counts counts_;
  std::string stopped_;
  std::map<int, int> tries_by_page_;
  int throttled_in_a_row_ = 0;
  int given_up_in_a_row_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

} // namespace suivi::reconciler
