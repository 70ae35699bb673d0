// Two pumps for each connection, all on the gate's own thread. An order from outside is posted there and
// waited for.
#include "tests/support/gate.hpp"

#include "common/runtime/task_group.hpp"
#include "common/runtime/wakeup.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <list>
#include <optional>
#include <stdexcept>
#include <thread>

namespace suivi::test {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

struct place {
  std::size_t begin = 0, length = 0; // of `host:port` in the URL
  tcp::endpoint server;
};

place find_server(const std::string& url) {
  auto from = url.find("//");
  if (from == std::string::npos) throw std::runtime_error("no URL to stand before: " + url);
  auto end = std::min(url.find_first_of("/?", from + 2), url.size());
  auto at = url.rfind('@', end);
  auto begin = at == std::string::npos || at < from ? from + 2 : at + 1;
  auto text = url.substr(begin, end - begin);
  auto colon = text.find(':');
  if (colon == std::string::npos) throw std::runtime_error("no port in the URL " + url);
  auto address = asio::ip::make_address_v4(text.substr(0, colon));
  return {begin, text.size(), {address, static_cast<unsigned short>(std::stoi(text.substr(colon + 1)))}};
}

} // namespace

struct gate::inside {
  struct trap {
    std::string bytes;
    last_piece last = last_piece::passed_on;
    int times = 0;
  };
  struct orders {
    std::array<bool, 2> stalled{};
    std::array<trap, 2> traps;
    bool sliced = false;
    bool refused = false;
    milliseconds delay{0};
  };
  struct pump {
    explicit pump(const asio::any_io_executor& executor) : news(executor) {}
    runtime::wakeup news;
    std::string recent; // the end of what went by, for bytes that come in two pieces
  };
  struct link {
    link(const asio::any_io_executor& executor, tcp::socket from)
        : client(std::move(from)), server(executor), pumps{pump(executor), pump(executor)} {}
    tcp::socket client, server;
    std::array<pump, 2> pumps;
    int pumping = 2;
    bool gone = false;
    bool stranded = false;
  };

  explicit inside(tcp::endpoint to)
      : server(to), acceptor(io, {asio::ip::address_v4::loopback(), 0}), work(io.get_executor()) {}

  task<void> accept();
  task<void> serve(std::shared_ptr<link> l);
  task<void> run_pump(std::shared_ptr<link> l, way direction);
  task<bool> hand_on(link& l, way direction, std::string_view bytes);
  task<void> hold(link& l, way direction);
  bool springs(pump& p, way direction, std::string_view bytes);
  void drop(link& l, bool by_reset);
  void close_all(bool by_reset);
  void wake_all();
  void close();
  // Runs `task` on the gate's thread and waits for its end.
  template <class Task>
  void order(Task task);

  asio::io_context io{1};
  tcp::endpoint server;
  tcp::acceptor acceptor;
  runtime::task_group work;
  std::list<std::shared_ptr<link>> links;
  orders now;
  std::atomic<int> accepted{0}, open{0}, sprung{0}, held{0};
  std::thread thread;
};

namespace {

constexpr std::chrono::microseconds between_slices{20}; // else the other side reads many at once

constexpr std::size_t at(gate::way direction) {
  return direction == gate::way::to_server ? 0 : 1;
}

} // namespace

task<void> gate::inside::accept() {
  for (;;) {
    tcp::socket socket(io);
    error_code failed;
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    ++accepted;
    if (now.refused) continue; // the socket closes itself
    auto l = std::make_shared<link>(io.get_executor(), std::move(socket));
    links.push_back(l);
    ++open;
    work.spawn("connection", serve(l));
  }
}

task<void> gate::inside::serve(std::shared_ptr<link> l) {
  error_code failed;
  co_await l->server.async_connect(server, asio::redirect_error(asio::use_awaitable, failed));
  if (failed || l->gone) {
    drop(*l, false);
    links.remove(l);
    --open;
    co_return;
  }
  l->client.set_option(tcp::no_delay(true), failed);
  l->server.set_option(tcp::no_delay(true), failed);
  work.spawn("to server", run_pump(l, way::to_server));
  work.spawn("to client", run_pump(l, way::to_client));
}

task<void> gate::inside::run_pump(std::shared_ptr<link> l, way direction) {
  auto& from = direction == way::to_server ? l->client : l->server;
  auto& to = direction == way::to_server ? l->server : l->client;
  std::array<char, 16 * 1024> space;
  while (!l->gone) {
    error_code failed;
    auto buffer = asio::buffer(space);
    std::size_t n = co_await from.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) break;
    co_await hold(*l, direction);
    std::string_view bytes(space.data(), n);
    bool passed = co_await hand_on(*l, direction, bytes);
    if (!passed) break;
  }
  error_code ignored;
  if (!l->gone) to.shutdown(tcp::socket::shutdown_send, ignored);
  if (--l->pumping > 0) co_return;
  drop(*l, false);
  links.remove(l);
  --open;
}

// False: this direction has ended.
task<bool> gate::inside::hand_on(link& l, way direction, std::string_view bytes) {
  auto& to = direction == way::to_server ? l.server : l.client;
  bool sever = springs(l.pumps[at(direction)], direction, bytes);
  bool lost = sever && now.traps[at(direction)].last == last_piece::kept_back;
  while (!bytes.empty() && !l.gone && !lost) {
    error_code failed;
    auto piece = asio::buffer(bytes.data(), now.sliced ? 1 : bytes.size());
    std::size_t n = co_await asio::async_write(to, piece, asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return false;
    bytes.remove_prefix(n);
    if (!now.sliced || bytes.empty()) continue;
    auto when_read = std::chrono::steady_clock::now() + between_slices;
    co_await l.pumps[at(direction)].news.wait_until(when_read);
  }
  if (sever) drop(l, false);
  co_return !l.gone;
}

// As long as the orders say so.
task<void> gate::inside::hold(link& l, way direction) {
  auto& news = l.pumps[at(direction)].news;
  auto due = std::chrono::steady_clock::now() + now.delay;
  while (!l.gone) {
    bool late = now.delay > milliseconds(0) && std::chrono::steady_clock::now() < due;
    if (now.stalled[at(direction)] || l.stranded) {
      ++held;
      co_await news.wait();
      --held;
    } else if (late) {
      co_await news.wait_until(due);
    } else {
      co_return;
    }
  }
}

bool gate::inside::springs(pump& p, way direction, std::string_view bytes) {
  auto& trap = now.traps[at(direction)];
  if (trap.times == 0) {
    p.recent.clear();
    return false;
  }
  p.recent += bytes;
  bool found = p.recent.find(trap.bytes) != std::string::npos;
  if (found) {
    --trap.times;
    ++sprung;
  }
  auto kept = std::min(p.recent.size(), trap.bytes.size() - 1);
  p.recent.erase(0, p.recent.size() - kept);
  return found;
}

void gate::inside::drop(link& l, bool by_reset) {
  l.gone = true;
  error_code ignored;
  for (auto* socket : {&l.client, &l.server}) {
    if (by_reset) socket->set_option(asio::socket_base::linger(true, 0), ignored);
    socket->close(ignored);
  }
  for (auto& p : l.pumps) p.news.notify();
}

void gate::inside::close_all(bool by_reset) {
  for (auto& l : links) drop(*l, by_reset);
}

void gate::inside::wake_all() {
  for (auto& l : links)
    for (auto& p : l->pumps) p.news.notify();
}

void gate::inside::close() {
  error_code ignored;
  acceptor.close(ignored);
  now = orders();
  close_all(false);
}

template <class Task>
void gate::inside::order(Task task) {
  std::promise<void> done;
  asio::post(io, [&] {
    task();
    wake_all();
    done.set_value();
  });
  done.get_future().wait();
}

gate::gate(std::string server) : url_(std::move(server)) {
  auto where = find_server(url_);
  inside_ = std::make_unique<inside>(where.server);
  auto port = inside_->acceptor.local_endpoint().port();
  url_.replace(where.begin, where.length, "127.0.0.1:" + std::to_string(port));
  inside_->work.spawn("accept", inside_->accept());
  inside_->thread = std::thread([in = inside_.get()] { in->io.run(); });
}

gate::~gate() {
  inside_->order([this] { inside_->close(); });
  inside_->thread.join();
}

void gate::lead_to(unsigned short server_port) {
  inside_->order([&] { inside_->server.port(server_port); });
}
void gate::stall(way direction) {
  inside_->order([&] { inside_->now.stalled[at(direction)] = true; });
}
void gate::slice() {
  inside_->order([&] { inside_->now.sliced = true; });
}
void gate::delay(milliseconds each_piece) {
  inside_->order([&] { inside_->now.delay = each_piece; });
}
void gate::refuse() {
  inside_->order([&] { inside_->now.refused = true; });
}
void gate::cut_at(way direction, std::string bytes, last_piece last, int times) {
  inside_->order([&] { inside_->now.traps[at(direction)] = {std::move(bytes), last, times}; });
}
void gate::pass() {
  inside_->order([&] { inside_->now = inside::orders(); });
}
void gate::sever() {
  inside_->order([&] { inside_->close_all(false); });
}
void gate::reset() {
  inside_->order([&] { inside_->close_all(true); });
}
void gate::strand() {
  inside_->order([&] {
    for (auto& l : inside_->links) l->stranded = true;
  });
}
void gate::half_close(way direction) {
  inside_->order([&] {
    error_code ignored;
    for (auto& l : inside_->links)
      (direction == way::to_server ? l->server : l->client).shutdown(tcp::socket::shutdown_send, ignored);
  });
}

int gate::accepted() const {
  return inside_->accepted;
}
int gate::open() const {
  return inside_->open;
}
int gate::sprung() const {
  return inside_->sprung;
}
int gate::held() const {
  return inside_->held;
}

} // namespace suivi::test
