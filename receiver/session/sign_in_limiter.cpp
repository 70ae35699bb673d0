// Counts wrong tokens in windows of a minute, each from its first wrong try on.
#include "receiver/session/sign_in_limiter.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

constexpr std::chrono::minutes window_length{1};

std::string subject(const boost::asio::ip::address& from) {
  if (from.is_v4()) {
    auto four = from.to_v4().to_bytes();
    return {four.begin(), four.end()};
  }
  auto six = from.to_v6().to_bytes();
  if (from.to_v6().is_v4_mapped()) return {six.begin() + 12, six.end()};
  return {six.begin(), six.begin() + 8};
}

seconds rest_of(steady_time begun, steady_time at) {
  return std::max(std::chrono::ceil<seconds>(begun + window_length - at), seconds(1));
}

} // namespace

int sign_in_limiter::left_of(const window& w, int limit, steady_time at) {
  if (w.wrong == 0 || at - w.begun >= window_length) return limit;
  return std::max(limit - w.wrong, 0);
}

std::optional<seconds> sign_in_limiter::locked_out(const boost::asio::ip::address& from,
                                                   steady_time at) const {
  auto known = addresses_.find(subject(from));
  if (known == addresses_.end()) return std::nullopt;
  if (left_of(known->second, limits_.wrong_per_address, at) == 0) return rest_of(known->second.begun, at);
  if (left_of(all_, limits_.wrong_in_all, at) == 0) return rest_of(all_.begun, at);
  return std::nullopt;
}

int sign_in_limiter::wrong(const boost::asio::ip::address& from, steady_time at) {
  auto count = [&](window& w) {
    if (w.wrong == 0 || at - w.begun >= window_length) w = {at, 0};
    ++w.wrong;
  };
  auto who = subject(from);
  if (addresses_.size() >= limits_.addresses && !addresses_.contains(who)) {
    auto oldest = std::min_element(addresses_.begin(), addresses_.end(), [](const auto& a, const auto& b) {
      return a.second.begun < b.second.begun;
    });
    addresses_.erase(oldest);
  }
  window& its = addresses_[std::move(who)];
  count(its);
  count(all_);
  return left_of(its, limits_.wrong_per_address, at);
}

} // namespace suivi::receiver
