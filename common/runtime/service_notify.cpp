// A datagram socket that is not connected: the manager may be started anew and listen at the same address.
#include "common/runtime/service_notify.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace suivi::runtime {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

milliseconds watchdog_of_environment() {
  std::string_view pid = environment("WATCHDOG_PID");
  if (!pid.empty() && number(pid) != static_cast<std::int64_t>(::getpid())) return milliseconds(0);
  std::int64_t period = number(environment("WATCHDOG_USEC")).value_or(0);
  return std::chrono::duration_cast<milliseconds>(microseconds(std::max<std::int64_t>(period, 0)));
}

// A line break would begin another assignment.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

// CLOCK_MONOTONIC, as systemd compares it with.
std::int64_t monotonic_us() {
  return std::chrono::duration_cast<microseconds>(steady_now().time_since_epoch()).count();
}

} // namespace

service_notifier service_notifier::from_environment() {
  return service_notifier(environment("NOTIFY_SOCKET"), watchdog_of_environment());
}

service_notifier::service_notifier(std::string_view address, milliseconds watchdog)
    : address_(address), watchdog_(watchdog) {
  if (address_.empty()) return;
  bool abstract = address_.front() == '@';
  bool usable = (abstract || address_.front() == '/') && address_.size() > 1 &&
                address_.size() < sizeof(sockaddr_un::sun_path);
  if (usable) socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) log::warn("the service manager cannot be notified", {{"address", address}});
  if (abstract) address_.front() = '\0';
  timeval patience{.tv_sec = 0, .tv_usec = 200'000};
  if (socket_ >= 0) ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

service_notifier::~service_notifier() {
  if (socket_ >= 0) ::close(socket_);
}

void service_notifier::send(std::string_view message, bool patient) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  // A path is counted with its closing zero, an abstract name as it stands.
  std::size_t name = address_.size() + (address_.front() == '\0' ? 0 : 1);
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name);
  int flags = MSG_NOSIGNAL | (patient ? 0 : MSG_DONTWAIT);
  ssize_t sent = ::sendto(socket_, message.data(), message.size(), flags,
                          reinterpret_cast<const sockaddr*>(&to), length);
  if (sent < 0 && patient)
    log::warn("the service manager did not take a message", {{"error", std::strerror(errno)}});
}

void service_notifier::ready(std::string_view status) {
  send(fmt::format("READY=1\nSTATUS={}\n", one_line(status)), true);
}

void service_notifier::status(std::string_view status) {
  send(fmt::format("STATUS={}\n", one_line(status)), false);
}

void service_notifier::reloading() {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_us()), true);
}

void service_notifier::stopping(std::string_view status, milliseconds grace) {
  microseconds longest = grace;
  send(fmt::format("STOPPING=1\nSTATUS={}\nEXTEND_TIMEOUT_USEC={}\n", one_line(status), longest.count()),
       true);
}

task<void> service_notifier::feed_watchdog() {
  if (socket_ < 0 || watchdog_ <= milliseconds(0)) co_return;
  milliseconds pause = std::max(watchdog_ / 2, milliseconds(1));
  for (;;) {
    send("WATCHDOG=1\n", false);
    co_await sleep_for(pause);
  }
}

} // namespace suivi::runtime
