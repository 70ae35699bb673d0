// The sessions that were signed out before their time, so that a copied cookie opens nothing any more. Pure:
// time is an argument.
//
// This receiver's own memory: another one behind the same balancer, or this one after a restart, takes such a
// cookie until it ends by itself. Bounded: the one that ends first is forgotten first; only who has the token
// can make more.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace suivi::receiver {

class ended_sessions {
 public:
  explicit ended_sessions(std::size_t count_max = 1'000) : count_max_(count_max) {}

  // `value`: a cookie that was verified, which would have been good until `until`.
  void add(std::string_view value, instant until, instant now);
  [[nodiscard]] bool contains(std::string_view value) const { return until_.contains(value); }

 private:
  std::size_t count_max_;
  std::map<std::string, instant, std::less<>> until_;
};

} // namespace suivi::receiver
