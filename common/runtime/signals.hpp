// The signals a program of ours answers, and the limit of open files it gives itself.
#pragma once

#include "common/runtime/task.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace suivi::runtime {

// Returns at the first SIGTERM or SIGINT; a second one of either finds the default disposition and
// ends the process at once.
task<void> stop_requested();

// For who serves or sweeps, before anything is begun: until stop_requested() waits, SIGTERM and SIGINT end
// the process with status 0.
void end_at_stop_signals();

// From the first SIGTERM or SIGINT on the process has so long to stop in order; then it ends with `status`
// all the same, whatever hangs: a database that is frozen, a name server that is silent, a disk, the loop
// itself. What was acknowledged is durable by then; what is left undone is taken up by the next start.
class stop_deadline {
 public:
  explicit stop_deadline(std::chrono::milliseconds grace, int status = 0);
  ~stop_deadline(); // stopped in time
  stop_deadline(const stop_deadline&) = delete;
  stop_deadline& operator=(const stop_deadline&) = delete;

 private:
  struct watch;
  std::unique_ptr<watch> watch_;
};
// Leaves a second of the ten that whoever stops us waits.
inline constexpr std::chrono::milliseconds stop_grace_max{9'000};

// A terminal that goes away, or a reader of our output that does, ends no program: from here on SIGHUP and
// SIGPIPE are ignored, and a broken pipe is an error of the write.
void ignore_hangup_and_broken_pipe();

// Whoever starts us may have closed standard input, output or error: whatever is opened next would take its
// place, and lines meant for a reader would go into a file or to a peer. Before anything is opened.
void keep_standard_files_open();

// Calls `reload` at every SIGHUP; ends by cancellation only. From its first wait on a SIGHUP no longer ends
// the process.
task<void> at_each_hangup(std::function<void()> reload);

// Raises this process's soft limit of open files to its hard limit; returns the limit in force.
std::size_t raise_open_file_limit();

} // namespace suivi::runtime
