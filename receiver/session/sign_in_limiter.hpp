// How often a wrong token may be tried at the sign-in. Pure: time is an argument.
//
// An address (of IPv6 its /64) has so many tries within a minute from its first wrong one, then none until
// that minute is over. Where all addresses together fail more often than that, only those may try that have
// not failed before. Sessions and bearer tokens are not counted here. Bounded: the address that failed
// longest ago is forgotten first.
#pragma once

#include "common/base/time.hpp"

#include <boost/asio/ip/address.hpp>
#include <map>
#include <optional>
#include <string>

namespace suivi::receiver {

class sign_in_limiter {
 public:
  struct limits {
    int wrong_per_address = 10;
    int wrong_in_all = 100;
    std::size_t addresses = 10'000;
  };
  explicit sign_in_limiter(limits within) : limits_(within) {}

  // How long that address has to wait before it may try; nullopt: it may.
  [[nodiscard]] std::optional<seconds> locked_out(const boost::asio::ip::address& from, steady_time at) const;
  // A wrong token; how many tries the address has left in this minute.
  int wrong(const boost::asio::ip::address& from, steady_time at);

 private:
  struct window {
    steady_time begun{};
    int wrong = 0;
  };
  [[nodiscard]] static int left_of(const window& w, int limit, steady_time at);

  limits limits_;
  window all_;
  std::map<std::string, window> addresses_;
};

} // namespace suivi::receiver
