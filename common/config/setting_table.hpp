// The one table of settings: every key's name, its places in file and environment, what it allows, how it is
// printed.
//
// Adding a setting is one field of `settings` and one row of setting_table.cpp; file, environment,
// `--check-config` and the messages all follow from the row.
#pragma once

#include "common/config/settings.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::config {

// A value as it was given, before anything is known of its key.
struct raw_value {
  enum class shape { text, integer, number, boolean, list, other };
  shape as = shape::text;
  std::string text;               // scalars, printed
  std::vector<std::string> items; // lists of texts
  bool from_environment = false;  // there everything is text, and a list is comma-separated
  std::string where;              // "SUIVI_RECEIVER_LISTEN", "suivi.toml line 3": for messages
};

struct key {
  std::string_view section;
  std::string_view name;
  std::string_view alias;   // a second environment variable, empty if none
  std::string_view meaning; // one sentence, for deploy/SETTINGS.md
  std::string_view allowed; // for messages
  bool is_secret;
  bool is_list = false;
  std::function<bool(settings&, const raw_value&)> read; // false: not allowed, nothing changed
  std::function<std::string(const settings&)> print;     // a TOML value; empty: not set and without default

  [[nodiscard]] std::string path() const;     // receiver.listen
  [[nodiscard]] std::string variable() const; // SUIVI_RECEIVER_LISTEN
  // database.url_file: where a file holds the value instead; empty for what is no secret. The variables
  // have the same form with _FILE at their end.
  [[nodiscard]] std::string file_path() const;
};

const std::vector<key>& all_keys();

// How --check-config writes a secret, and what it therefore must be able to read back.
inline constexpr std::string_view mask = "***";

// For a message: what is longer than 120 bytes is cut.
std::string shortened(std::string_view text);

// A TOML basic string, quotes included.
std::string toml_string(std::string_view text);

} // namespace suivi::config
