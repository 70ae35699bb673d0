// Counts refused requests by address, in a table for each minute.
#include "receiver/web/refusal_limiter.hpp"

namespace suivi::receiver {
namespace {

constexpr std::chrono::minutes window{1};

std::string subject(const boost::asio::ip::address& from) {
  if (from.is_v4()) {
    auto four = from.to_v4().to_bytes();
    return {four.begin(), four.end()};
  }
  auto six = from.to_v6().to_bytes();
  return {six.begin(), six.begin() + 8};
}

} // namespace

refusals::verdict refusals::note(const boost::asio::ip::address& from, moment at) {
  verdict noted;
  if (!begun_ || at - *begun_ >= window) {
    begun_ = at;
    counts_.clear();
    noted.first = true;
  }
  auto who = subject(from);
  auto found = counts_.find(who);
  if (found == counts_.end()) {
    if (counts_.size() >= limits_.addresses) return noted;
    found = counts_.emplace(std::move(who), 0).first;
  }
  if (found->second >= limits_.refusals_per_minute)
    noted.retry_after = std::chrono::ceil<seconds>(*begun_ + window - at);
  else
    ++found->second;
  return noted;
}

} // namespace suivi::receiver
