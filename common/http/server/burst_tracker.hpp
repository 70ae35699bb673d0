// How many requests are under way at once, and when the memory of a burst of them can be given back.
//
// A burst leaves malloc with holes between what outlives it, which it keeps for the next burst: ten thousand
// requests at once, 90 MiB. Who looks now and then learns here when that is worth giving back.
#pragma once

#include <cstddef>

namespace suivi::http {

class request_count {
 public:
  // Counts one request for as long as it lives.
  class one {
   public:
    explicit one(request_count& in);
    ~one();
    one(const one&) = delete;
    one& operator=(const one&) = delete;

   private:
    request_count& in_;
  };

  // Asked at regular looks. After a burst (at least `burst_requests` under way at one moment), while it is
  // quiet (never more than an eighth of them since the look before): true at the 1st, 2nd, 4th … last of
  // `last_quiet_look` looks, for what requests have set going is freed some time after their answers.
  [[nodiscard]] bool should_give_back();

  static constexpr std::size_t burst_requests = 128;
  static constexpr std::size_t last_quiet_look = 64;

 private:
  std::size_t present_ = 0;
  std::size_t since_look_max_ = 0;
  std::size_t in_burst_max_ = 0;
  std::size_t quiet_looks_ = 0;
};

} // namespace suivi::http
