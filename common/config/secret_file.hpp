// The content of a file that holds a secret, as systemd credentials and container secrets are given.
#pragma once

#include "common/base/error.hpp"
#include "common/base/secret.hpp"
#include "common/config/file_bytes.hpp"

#include <string>
#include <vector>

namespace suivi::config {

// The file's content without its last line break. Error: permanent, "config:secret_file"; its detail says
// why, to be read behind "the file".
result<secret> read_secret_file(const std::string& path, milliseconds patience = pipe_patience);

// One a line; blank lines are skipped.
std::vector<std::string> lines_of(const secret& content);

} // namespace suivi::config
