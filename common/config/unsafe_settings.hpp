// What is allowed and unsafe: one line each, for `--check-config` (load() adds them to its warnings for
// purpose::check). A program runs with such settings all the same.
#pragma once

#include "common/config/settings.hpp"

#include <string>
#include <vector>

namespace suivi::config {

// Shorter secrets are warned of: they can be guessed by trying.
inline constexpr std::size_t secret_length_min = 16;

// Each line names the key, says what can happen and what to do. Values are judged alone, but for the rights
// of files and the spool's folder, which are looked at. What only the receiver uses is told by the receiver
// only.
std::vector<std::string> unsafe_settings(program who, const settings& s);

// Whether every user of this machine may read the file; false where it is not there.
bool readable_by_all(const std::string& path);
// … change the file, or what lies in the folder.
bool changeable_by_all(const std::string& path);

} // namespace suivi::config
