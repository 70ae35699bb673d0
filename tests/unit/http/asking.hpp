// Calling the client from a test: its own context on the test's thread, run until the call is over.
#pragma once

#include "common/http/client/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <string>

namespace loopback {

using suivi::http::client;
using suivi::http::client_limits;
using suivi::http::client_request;
using suivi::http::client_response;

inline suivi::steady_time in_half_a_minute() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(30);
}

// A client with a context of its own. After each call the context has run dry: nothing was left behind.
class asking {
 public:
  explicit asking(client_limits limits = {}) : client_(context_.get_executor(), std::move(limits)) {}

  suivi::result<client_response> send(client_request request,
                                      suivi::steady_time deadline = in_half_a_minute()) {
    auto answer =
        boost::asio::co_spawn(context_, client_.send(std::move(request), deadline), boost::asio::use_future);
    context_.restart();
    context_.run();
    return answer.get();
  }
  suivi::result<client_response> get(const std::string& url) {
    client_request request;
    request.url = url;
    return send(std::move(request));
  }
  client& itself() { return client_; }

 private:
  boost::asio::io_context context_;
  client client_;
};

inline std::string on_port(unsigned short port, const std::string& target) {
  return "http://127.0.0.1:" + std::to_string(port) + target;
}

} // namespace loopback
