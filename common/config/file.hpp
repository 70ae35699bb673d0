// The settings file: TOML to values by key, nothing checked but that each key exists.
#pragma once

#include "common/config/file_bytes.hpp"
#include "common/config/setting_table.hpp"

#include <map>
#include <string>
#include <vector>

namespace suivi::config {

struct file_content {
  std::map<std::string, raw_value> values; // by path: receiver.listen, database.url_file
  bool is_readable = true;                 // false: no file, or no TOML; then there are no values
};

// Every mistake (unreadable file, syntax, unknown key) is added to `wrong`; what could be read is answered.
file_content read_file(const std::string& path, milliseconds patience, std::vector<std::string>& wrong);

} // namespace suivi::config
