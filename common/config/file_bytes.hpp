// All that a file holds, within limits of size and of time: whatever the path names, a pipe or a device even.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <string>

namespace suivi::config {

// A pipe is waited for, since shells make one of <(command), but not for ever.
constexpr milliseconds pipe_patience{30'000};

// Error: permanent, "config:file"; its detail says why, to be read behind "the file".
result<std::string> read_bytes(const std::string& path, std::size_t bytes_max, milliseconds patience);

} // namespace suivi::config
