// A thread for each sender, blocking: few pieces a second, nothing of them is measured but how they are
// answered.
#include "tests/bench/bad_input.hpp"

#include "common/crypto/crypto.hpp"
#include "tests/bench/wire.hpp"

#include <array>
#include <fmt/format.h>
#include <future>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace suivi::bench {
namespace {

using std::chrono::steady_clock;

std::string random_bytes(std::uint64_t number, std::size_t count) {
  std::mt19937_64 draw(number);
  std::string bytes;
  while (bytes.size() < count) {
    auto word = draw();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(count);
  return bytes;
}

class sender {
 public:
  sender(const bad_input_plan& plan, std::uint64_t first, steady_clock::time_point begun)
      : plan_(plan), first_(first), begun_(begun) {}
  sender(const sender&) = delete;
  sender& operator=(const sender&) = delete;
  ~sender() { close(); }

  bad_input_outcome run() {
    auto stop_at = begun_ + seconds_of(plan_.seconds);
    for (auto number = first_;; number += plan_.senders) {
      auto due = begun_ + seconds_of(static_cast<double>(number * bad_piece_bytes) / plan_.bytes_per_second);
      if (due >= stop_at) return outcome_;
      std::this_thread::sleep_until(due);
      if (steady_clock::now() >= stop_at) return outcome_; // answers were slow: the rest is left out
      send(bad_piece(plan_.target, number));
    }
  }

 private:
  static steady_clock::duration seconds_of(double seconds) {
    return std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
  }

  void send(std::string_view piece) {
    if (fd_ < 0) open();
    ++outcome_.pieces;
    while (!piece.empty()) {
      auto n = ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (n <= 0) break; // refused before it was whole; the answer may be there
      outcome_.bytes += static_cast<std::uint64_t>(n);
      piece.remove_prefix(static_cast<std::size_t>(n));
    }
    auto answer = read_answer();
    if (answer.starts_with("HTTP/1.1 2"))
      ++outcome_.kept;
    else if (answer.starts_with("HTTP/1.1 4"))
      ++outcome_.refused;
    else
      ++(answer.empty() ? outcome_.unanswered : outcome_.unavailable);
    if (!answer.starts_with("HTTP/1.1 2")) close();
  }

  std::string read_answer() {
    std::string in;
    std::array<char, 4096> part{};
    while (answer_end(in) == 0) {
      auto n = ::recv(fd_, part.data(), part.size(), 0);
      if (n <= 0) break;
      in.append(part.data(), static_cast<std::size_t>(n));
    }
    return in;
  }

  void open() {
    fd_ = connect_to(plan_.port);
    timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  const bad_input_plan& plan_;
  std::uint64_t first_;
  steady_clock::time_point begun_;
  int fd_ = -1;
  bad_input_outcome outcome_;
};

} // namespace

std::string bad_body(std::uint64_t number) {
  switch (number % bad_kinds) {
  case 0: // cut off
    return fmt::format(R"({{"message":{{"messageId":"bad-{}","data":"{})", number, std::string(4000, 'A'));
  case 1:
    return random_bytes(number, bad_piece_bytes);
  case 2: // the courier's envelope around noise
    return fmt::format(R"({{"message":{{"messageId":"bad-{}","data":"{}"}}}})", number,
                       crypto::base64_encode(random_bytes(number, 3000)));
  default: // deep
    return std::string(2000, '[') + std::to_string(number) + std::string(2000, ']');
  }
}

std::string bad_piece(const std::string& target, std::uint64_t number) {
  if (number % bad_kinds < bad_webhook_kinds) {
    auto body = bad_body(number);
    return fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", target,
                       body.size()) +
           body;
  }
  if (number % bad_kinds == bad_webhook_kinds) return "\x16\x03\x01" + random_bytes(number, bad_piece_bytes);
  return fmt::format("POST {} HTTP/1.1\r\nContent-Length: {}x\r\nno field at all\r\n\r\n{}", target, number,
                     std::string(4000, 'B'));
}

bad_input_outcome send_bad_input(const bad_input_plan& plan) {
  auto begun = steady_clock::now();
  std::vector<std::future<bad_input_outcome>> all;
  for (std::size_t i = 0; i < plan.senders; ++i)
    all.push_back(std::async(std::launch::async, [&plan, i, begun] { return sender(plan, i, begun).run(); }));
  bad_input_outcome sum;
  for (auto& one : all) {
    auto part = one.get();
    sum.pieces += part.pieces;
    sum.bytes += part.bytes;
    sum.kept += part.kept;
    sum.refused += part.refused;
    sum.unavailable += part.unavailable;
    sum.unanswered += part.unanswered;
  }
  sum.took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begun);
  return sum;
}

} // namespace suivi::bench
