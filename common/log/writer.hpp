// Lines on their way to a file descriptor: a bounded queue and a thread of its own, so that a reader who does
// not read, or has gone, neither stops nor ends whoever logs.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace suivi::log {

class writer {
 public:
  struct limits {
    std::size_t lines_max = 20'000;
    std::size_t bytes_max = 4 * 1024 * 1024;
  };
  // Told in the place of lines that were lost, once lines are taken again.
  using lost_line = std::function<std::string(std::uint64_t lines)>;

  // The descriptor is not closed.
  writer(int descriptor, limits within, lost_line tell_lost);
  // Waits a moment for what is queued, then leaves the thread to itself.
  ~writer();
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  // From any thread; never waits. Without its line feed. Where there is no room the oldest lines go.
  void put(std::string line);
  // Until all that was put is written or lost, or `patience` is over.
  void flush(milliseconds patience);
  // Lines that nobody will read: there was no room, or nobody to take them.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace suivi::log
