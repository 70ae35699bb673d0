// Chooses a connection for each request: a kept one, else a new one. Keeps those that may be used again.
#include "common/http/client/client.hpp"

#include "common/http/client/client_connection.hpp"
#include "common/http/client/resolve.hpp"
#include "common/http/message/response_head.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace suivi::http {
namespace {

struct idle_link {
  std::shared_ptr<client_connection> connection;
  steady_time since;
};

std::string origin_of(const url& to) {
  return (to.tls ? "https " : "http ") + to.host + " " + to.port;
}

bool is_ours(std::string_view header) {
  return same_name(header, "Host") || same_name(header, "Content-Length") ||
         same_name(header, "Connection") || same_name(header, "Transfer-Encoding");
}

std::string request_text(const client_request& request, const url& to) {
  std::string text = request.method + " " + to.target + " HTTP/1.1\r\nHost: " + to.authority + "\r\n";
  if (!find_header(request.headers, "User-Agent")) text += "User-Agent: suivi\r\n";
  for (const auto& [name, value] : request.headers)
    if (!is_ours(name)) text += name + ": " + value + "\r\n";
  bool may_have_body = request.method != "GET" && request.method != "HEAD" && request.method != "DELETE";
  if (may_have_body || !request.body.empty())
    text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  text += "\r\n";
  text += request.body;
  return text;
}

} // namespace

struct client::state {
  state(asio::any_io_executor on, client_limits with) : executor(std::move(on)), limits(std::move(with)) {}

  static task<result<client_response>> send(std::shared_ptr<state> s, client_request request,
                                            steady_time deadline);
  task<result<std::shared_ptr<client_connection>>> open(url to, steady_time deadline);
  std::shared_ptr<client_connection> take_idle(const std::string& origin);
  void keep(const std::string& origin, std::shared_ptr<client_connection> used);
  void drop_old();

  asio::any_io_executor executor;
  client_limits limits;
  std::optional<result<tls_context>> tls; // made for the first https request
  std::map<std::string, std::deque<idle_link>, std::less<>> idle;
  bool closed = false;
};

void client::state::drop_old() {
  auto oldest = std::chrono::steady_clock::now() - limits.idle_timeout;
  for (auto it = idle.begin(); it != idle.end();) {
    while (!it->second.empty() && it->second.front().since <= oldest) it->second.pop_front();
    it = it->second.empty() ? idle.erase(it) : std::next(it);
  }
}

// The one used last: the others may grow old and go.
std::shared_ptr<client_connection> client::state::take_idle(const std::string& origin) {
  drop_old();
  auto it = idle.find(origin);
  while (it != idle.end() && !it->second.empty()) {
    auto kept = std::move(it->second.back().connection);
    it->second.pop_back();
    if (kept->still_usable()) return kept;
  }
  return nullptr;
}

void client::state::keep(const std::string& origin, std::shared_ptr<client_connection> used) {
  if (closed || limits.max_idle_per_host == 0) return;
  auto& kept = idle[origin];
  if (kept.size() >= limits.max_idle_per_host) kept.pop_front();
  kept.push_back({std::move(used), std::chrono::steady_clock::now()});
}

task<result<std::shared_ptr<client_connection>>> client::state::open(url to, steady_time deadline) {
  if (to.tls && !tls) tls = make_client_tls(limits.ca_file, limits.any_certificate);
  if (to.tls && !*tls) co_return tls->error();
  auto context = to.tls ? **tls : nullptr;
  deadline = std::min(deadline, std::chrono::steady_clock::now() + limits.connect_timeout);
  auto found = co_await resolve(to.host, to.port, deadline);
  if (!found) co_return found.error();
  error last = transient("http:timeout", "connecting");
  std::size_t left = found->size();
  for (const auto& where : *found) {
    // One address that does not answer must not use up the time of the others.
    auto at = std::chrono::steady_clock::now();
    auto share = (deadline - at) / static_cast<long>(left--);
    auto made = std::make_shared<client_connection>(executor, context);
    auto connected = co_await made->connect(where, to.host, at + share);
    if (connected) co_return made;
    last = connected.error();
    if (last.kind == failure::permanent) break;
  }
  co_return last;
}

task<result<client_response>> client::state::send(std::shared_ptr<state> s, client_request request,
                                                  steady_time deadline) {
  if (s->closed) co_return transient("http:closed", "this client has been closed");
  if (request.method.empty() || !can_be_sent({{request.method, ""}}) || !can_be_sent(request.headers))
    co_return permanent("http:request", "a method or a header that cannot stand on the wire");
  auto to = parse_url(request.url);
  if (!to) co_return to.error();
  if (deadline <= std::chrono::steady_clock::now()) co_return transient("http:timeout", "no time was left");
  auto origin = origin_of(*to);
  bool head_only = request.method == "HEAD";
  bool may_repeat = (head_only || request.method == "GET") && !request.once;
  auto text = request_text(request, *to);
  auto limit = s->limits.max_response_bytes;

  auto used = s->take_idle(origin);
  exchanged got;
  if (used) got = co_await used->exchange(text, head_only, limit, deadline);
  if (!used || (got.stale && may_repeat)) {
    auto opened = co_await s->open(*to, deadline);
    if (opened) {
      used = *opened;
      got = co_await used->exchange(std::move(text), head_only, limit, deadline);
    } else {
      got.answer = opened.error();
    }
  }
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  if (got.reusable) s->keep(origin, std::move(used));
  co_return std::move(got.answer);
}

client::client(asio::any_io_executor executor, client_limits limits)
    : state_(std::make_shared<state>(std::move(executor), std::move(limits))) {}

client::~client() {
  close();
}

task<result<client_response>> client::send(client_request request, steady_time deadline) {
  return state::send(state_, std::move(request), deadline);
}

void client::close() {
  state_->closed = true;
  state_->idle.clear();
}

} // namespace suivi::http
