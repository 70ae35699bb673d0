// An HTTP/1.1 client for few hosts and many requests: kept-alive connections per host, certificate
// verification, deadlines, size limits; redirects are answers like any other and never followed.
#pragma once

#include "common/base/time.hpp"
#include "common/http/message/message.hpp"
#include "common/runtime/task.hpp"

#include <memory>

namespace suivi::http {

struct client_limits {
  std::size_t max_response_bytes = 8 * 1024 * 1024;
  std::size_t max_idle_per_host = 32;
  milliseconds idle_timeout{30'000};   // an idle connection older than this is not used again
  milliseconds connect_timeout{5'000}; // look-up, TCP and TLS together, over all addresses of the host
  std::string ca_file;                 // PEM; authorities trusted beside the system's
  // For our own programs under a loopback address, which is in no certificate. Nothing secret may be sent so.
  bool any_certificate = false;
};

struct client_request {
  std::string method = "GET";
  std::string url;     // absolute, http or https
  header_list headers; // Host, Content-Length and Connection are the client's own
  std::string body;
  bool once = false; // on the wire at most once: who counts requests repeats them himself
};

struct client_response {
  unsigned status = 0;
  header_list headers;
  std::string body;
};

// Errors, transient: "http:resolve", "http:refused", "http:reset" (also: closed in mid-answer),
// "http:timeout", "http:too_large", "http:malformed", "http:closed" (after close()). Permanent: "http:url",
// "http:certificate", "http:request" (a header or method that could not stand on the wire). Whether the peer
// has acted on a request whose answer was lost is for the caller to judge. A kept connection that turns out
// to be closed before the first byte of the answer is replaced once, silently, for GET and HEAD, unless
// `once` is set ("http:reset" then). A call that is canceled throws operation_aborted and leaves no socket
// behind.
class client {
 public:
  client(asio::any_io_executor executor, client_limits limits);
  ~client();

  task<result<client_response>> send(client_request request, steady_time deadline);
  // Closes idle connections and fails later send() calls; those under way go on to their end.
  void close();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace suivi::http
