// Host names to addresses, without one silent name server holding up everybody.
//
// getaddrinfo cannot be interrupted, so each name is looked up on a thread of its own: a look-up that hangs
// delays nobody who asks for another name, and never the end of the process. Whoever asks for a name that is
// being looked up waits for the same answer. The addresses found last are kept: where a name cannot be looked
// up, or not soon, they are given again.
#pragma once

#include "common/runtime/task.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace suivi::runtime {

class name_lookup {
 public:
  struct found {
    std::vector<asio::ip::address> addresses; // in the resolver's order, each once
    boost::system::error_code failed;         // why there are none; timed_out: not by the deadline
  };
  // Blocks as long as it likes, on a thread of its own.
  using blocking_lookup = std::function<found(const std::string& host)>;

  explicit name_lookup(blocking_lookup ask);

  // Ends by the deadline; where addresses of an earlier look-up are known, after a moment.
  task<found> addresses_of(std::string host, steady_time deadline);

  // The one of the process.
  static name_lookup& shared();

 private:
  struct state;
  std::shared_ptr<state> state_; // shared with threads that may outlive everything else
};

} // namespace suivi::runtime
