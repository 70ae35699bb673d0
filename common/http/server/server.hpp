// An HTTP/1.1 server: keep-alive, pipelined requests answered in order, limits on everything, TLS if asked,
// drain.
//
// What the peer does wrong is answered or cut off here and never reaches the handler: malformed head 400,
// head over its limit 431, body over its limit 413 (declared or chunked), too slow in a phase: closed. A
// handler that throws is a programmer's error: logged, answered 500.
//
// When all connections are taken, a new one takes the place of the longest waiting: of the same address
// (IPv6: /64) where that has more than its share of those that have shown no right to anything, else of any
// such, else of any that is idle. Whoever sends or reads slowly and has shown no right waits as well. So
// nobody keeps others out by holding connections.
#pragma once

#include "common/base/time.hpp"
#include "common/http/message/message.hpp"
#include "common/http/wire/tls_files.hpp"
#include "common/runtime/task.hpp"

#include <any>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace suivi::http {

struct server_limits {
  std::size_t max_header_bytes = 16 * 1024; // and 128 fields
  std::size_t max_body_bytes = 256 * 1024;
  std::size_t max_connections = 10'000;            // for another one the longest idle goes, see below
  std::size_t bodies_bytes_max = 64 * 1024 * 1024; // of all requests under way; beyond it 503
  milliseconds idle_timeout{75'000};               // between requests of a connection
  milliseconds header_timeout{10'000};             // first byte of a request to the end of its head
  milliseconds body_timeout{20'000};
  milliseconds write_timeout{20'000};
};

using handler = std::function<task<response>(request)>;

// What is made of a request when its head is there and its body is not.
struct head_verdict {
  std::optional<response> refusal;       // the answer, without reading any further
  bool is_known = false;                 // it has shown that it may: its connection is no stranger's
  std::size_t body_bytes_max = SIZE_MAX; // what its body may have, where that is less than the server's limit
  std::any found{};                      // what the handler need not find again: request::found
};
using head_judge = std::function<head_verdict(const request& head)>;

class server {
 public:
  server(asio::any_io_executor executor, server_limits limits, handler on_request);
  ~server();

  // Before run(). Asked once for each request, before memory is taken for its body. Without one nobody is
  // known.
  void judge_heads(head_judge by);

  // Binds "address:port" (IPv6 in brackets; port 0 = any free one) and listens. permanent "http:listen" names
  // the address.
  result<void> listen(std::string_view address_and_port);
  // TLS 1.2 and newer for connections accepted from now on; call before run(), again later = reload.
  // permanent "http:tls_certificate" or "http:tls_key" if the files don't make a pair; what was in force then
  // stays so.
  result<void> use_tls(const tls_files& files);
  [[nodiscard]] unsigned short port() const;
  [[nodiscard]] std::size_t connections() const;
  // Of the certificate in force; nullopt without TLS.
  [[nodiscard]] std::optional<instant> certificate_expiry() const;
  // Connections that were closed for others to have room.
  [[nodiscard]] std::uint64_t connections_evicted() const;

  // Serves until drain() and returns when the last connection has ended.
  task<void> run();
  // Stops accepting, lets requests in progress finish (their answers say `Connection: close`), closes idle
  // connections; what is left after `grace` is cut. May be called from a coroutine on the same executor,
  // once.
  void drain(milliseconds grace);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace suivi::http
