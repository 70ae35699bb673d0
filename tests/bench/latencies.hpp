// Every latency of one run, kept whole, so that percentiles are exact.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace suivi::bench {

class latencies {
 public:
  void add(std::int64_t microseconds) {
    all_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(microseconds, 0, UINT32_MAX)));
  }
  [[nodiscard]] std::size_t size() const { return all_.size(); }

  // The smallest latency that at least `share` (0 to 1) of all do not exceed; 0 of none.
  [[nodiscard]] double milliseconds_at(double share) {
    if (all_.empty()) return 0;
    auto rank = static_cast<std::size_t>(share * static_cast<double>(all_.size()) + 0.999999);
    auto at = all_.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, all_.size()) - 1);
    std::nth_element(all_.begin(), at, all_.end());
    return static_cast<double>(*at) / 1000;
  }

 private:
  std::vector<std::uint32_t> all_;
};

} // namespace suivi::bench
