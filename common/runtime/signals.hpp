// The signals a program of ours answers, and the limit of open files it gives itself.
#pragma once

#include "common/runtime/task.hpp"

#include <functional>

namespace suivi::runtime {

// Returns at the first SIGTERM or SIGINT; a second one of either finds the default disposition and
// ends the process at once.
task<void> stop_requested();

// A terminal that goes away, or a reader of our output that does, ends no program: from here on SIGHUP and
// SIGPIPE are ignored, and a broken pipe is an error of the write.
void ignore_hangup_and_broken_pipe();

// Calls `reload` at every SIGHUP; ends by cancellation only. From its first wait on a SIGHUP no longer ends
// the process.
task<void> at_each_hangup(std::function<void()> reload);

// Raises this process's soft limit of open files to its hard limit; returns the limit in force.
std::size_t raise_open_file_limit();

} // namespace suivi::runtime
