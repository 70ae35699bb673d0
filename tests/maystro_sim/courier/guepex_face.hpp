// What Guepex's API answers: its list with day filters, look-ups in batches, single parcels, and quotas that
// every answer tells. Pure but for the quotas' counts; `now` comes from outside.
#pragma once

#include "common/http/message/message.hpp"
#include "tests/maystro_sim/world/world.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <map>
#include <span>

namespace suivi::sim {

// Requests of one account in the present second, minute, hour and day, and its lock-outs.
class quota_book {
 public:
  // Counts one. False: it is beyond what is allowed, or the account is locked out.
  [[nodiscard]] bool take(instant now);
  // After that one; a refusal for the second's sake leaves the day what it is.
  [[nodiscard]] std::array<std::int64_t, 4> left() const;
  [[nodiscard]] std::int64_t wait_s(instant now) const; // after a refusal

 private:
  std::array<std::int64_t, 4> window_{}, used_{};
  std::int64_t lockouts_ = 0; // grows with each refusal, shrinks with none for a minute
  instant locked_until_{};
  instant refused_at_{};
};

// A row of the list, customers visibly invented. Some members are missing from some rows.
[[nodiscard]] boost::json::object guepex_row(const parcel_view& parcel);

class guepex_face {
 public:
  // `path`: behind /guepex/v1. The account's key was right.
  [[nodiscard]] http::response answer(const world& all, std::size_t account, const http::target& target,
                                      std::span<const std::string> path, instant as_of) const;
  // nullopt: go on, and add these headers to the answer; else the refusal.
  [[nodiscard]] std::optional<http::response> refuse(std::size_t account, instant now,
                                                     http::header_list& quota_headers);

 private:
  std::map<std::size_t, quota_book> quotas_;
};

} // namespace suivi::sim
