// epoll and plain sockets: what the generator costs, the measured program lacks.
#include "tests/bench/load.hpp"

#include "tests/bench/wire.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace suivi::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{30};

struct peer {
  int fd = -1;
  bool waiting = false; // for an answer
  steady_clock::time_point since;
  std::string out;
  std::size_t written = 0;
  std::string in;
};

std::string id_in(std::string_view answer) {
  constexpr std::string_view mark = R"("id":)";
  auto at = answer.find(mark);
  if (at == std::string_view::npos) return {};
  auto rest = answer.substr(at + mark.size());
  if (rest.starts_with('"')) rest.remove_prefix(1);
  return std::string(rest.substr(0, rest.find_first_of("\",}")));
}

class load {
 public:
  explicit load(const load_plan& plan) : plan_(plan), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) fail("epoll_create1");
    peers_.resize(plan.connections);
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      peers_[i].fd = connect_to(plan.port);
      ::fcntl(peers_[i].fd, F_SETFL, O_NONBLOCK);
      epoll_event wanted{};
      wanted.events = EPOLLIN;
      wanted.data.u64 = i;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, peers_[i].fd, &wanted) != 0) fail("epoll_ctl");
      idle_.push_back(i);
    }
    next_ = plan.first;
  }
  load(const load&) = delete;
  load& operator=(const load&) = delete;
  ~load() {
    for (auto& p : peers_)
      if (p.fd >= 0) ::close(p.fd);
    ::close(epoll_);
  }

  load_outcome run() {
    begun_ = steady_clock::now();
    outcome_.began = now();
    auto stop_at = begun_ + std::chrono::duration_cast<steady_clock::duration>(
                                std::chrono::duration<double>(plan_.seconds));
    auto last_news = begun_;
    std::array<epoll_event, 512> events{};
    while (true) {
      auto at = steady_clock::now();
      bool sending = at < stop_at && (plan_.count == 0 || next_ - plan_.first < plan_.count);
      if (sending) send_due(at);
      if (!sending && in_flight_ == 0) break;
      if (at - last_news > patience) break;
      int limit = !sending ? 100 : plan_.rate > 0 && !idle_.empty() ? 1 : in_flight_ == 0 ? 0 : 100;
      int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), limit);
      if (n > 0) last_news = steady_clock::now();
      for (int i = 0; i < n; ++i)
        take(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    }
    outcome_.sent = next_ - plan_.first;
    return std::move(outcome_);
  }

  // For hold_idle(): one request on every connection, answered.
  void warm() {
    load_plan all = plan_;
    all.count = plan_.connections;
    plan_ = all;
    run();
  }

 private:
  void send_due(steady_clock::time_point at) {
    while (!idle_.empty() && (plan_.count == 0 || next_ - plan_.first < plan_.count)) {
      auto due = at;
      if (plan_.rate > 0) {
        std::chrono::duration<double> after(static_cast<double>(next_ - plan_.first) / plan_.rate);
        due = begun_ + std::chrono::duration_cast<steady_clock::duration>(after);
        if (due > at) return;
      }
      auto i = idle_.front();
      idle_.pop_front();
      send(i, due);
    }
  }

  void send(std::size_t i, steady_clock::time_point due) {
    auto& p = peers_[i];
    // What is told again was published when it was told first.
    write_request(p.out, plan_.plan, next_++, plan_.plan.bodies == 0 ? now() : outcome_.began);
    p.written = 0;
    p.since = due;
    p.waiting = true;
    ++in_flight_;
    flush(i);
  }

  // Requests are small: a full socket buffer is rare, and waited for.
  void flush(std::size_t i) {
    auto& p = peers_[i];
    while (p.written < p.out.size()) {
      auto n = ::send(p.fd, p.out.data() + p.written, p.out.size() - p.written, MSG_NOSIGNAL);
      if (n > 0) {
        p.written += static_cast<std::size_t>(n);
      } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        pollfd writable{p.fd, POLLOUT, 0};
        ::poll(&writable, 1, 1000);
      } else {
        return lose(i);
      }
    }
  }

  void take(std::size_t i) {
    auto& p = peers_[i];
    if (p.fd < 0) return;
    std::array<char, 4096> part{};
    auto n = ::recv(p.fd, part.data(), part.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return lose(i);
    p.in.append(part.data(), static_cast<std::size_t>(n));
    auto end = answer_end(p.in);
    if (end == 0) return;
    auto at = steady_clock::now();
    if (p.waiting) {
      --in_flight_;
      p.waiting = false;
      bool good = p.in.starts_with("HTTP/1.1 2");
      ++(good ? outcome_.acknowledged : outcome_.refused);
      auto took = std::chrono::duration_cast<microseconds>(at - p.since);
      outcome_.took.add(took.count());
      outcome_.ended = now();
      if (plan_.keep_ids && good) outcome_.ids.push_back({id_in(p.in), outcome_.ended - took});
    }
    p.in.erase(0, end);
    idle_.push_back(i);
  }

  void lose(std::size_t i) {
    auto& p = peers_[i];
    ::close(p.fd);
    p.fd = -1;
    if (p.waiting) --in_flight_;
    p.waiting = false;
    ++outcome_.broken;
  }

  load_plan plan_;
  int epoll_;
  std::vector<peer> peers_;
  std::deque<std::size_t> idle_;
  std::uint64_t next_ = 0;
  std::size_t in_flight_ = 0;
  steady_clock::time_point begun_;
  load_outcome outcome_;
};

} // namespace

load_outcome run_load(const load_plan& plan) {
  load one(plan);
  return one.run();
}

void hold_idle(const load_plan& plan, int fd) {
  load one(plan);
  one.warm();
  ::puts("held");
  ::fflush(stdout);
  char byte = 0;
  while (::read(fd, &byte, 1) > 0) {
  }
}

std::optional<instant> await_ready(unsigned short port, const std::string& word, double seconds) {
  constexpr std::string_view ask = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  auto until = steady_clock::now() + std::chrono::duration<double>(seconds);
  while (steady_clock::now() < until) {
    std::string said;
    try {
      int fd = connect_to(port);
      timeval limit{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      if (::send(fd, ask.data(), ask.size(), MSG_NOSIGNAL) > 0) {
        std::array<char, 1024> part{};
        for (ssize_t n = 0; (n = ::recv(fd, part.data(), part.size(), 0)) > 0;)
          said.append(part.data(), static_cast<std::size_t>(n));
      }
      ::close(fd);
    } catch (const std::system_error&) { // nobody listens yet
    }
    if (said.starts_with("HTTP/1.1 200") && said.find(word) != std::string::npos) return now();
    std::this_thread::sleep_for(milliseconds(1));
  }
  return std::nullopt;
}

} // namespace suivi::bench
