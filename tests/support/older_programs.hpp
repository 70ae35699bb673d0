// Where the programs of an older commit are, for tests of upgrades that are run by hand with them: the
// environment's SUIVI_OLDER_PROGRAMS names their folder.
#pragma once

#include <cstdlib>
#include <string>

namespace suivi::test {

inline bool has_older_programs() {
  const char* folder = std::getenv("SUIVI_OLDER_PROGRAMS");
  return folder != nullptr && *folder != '\0';
}

// The name as program() takes it: of the older program, or of this build's where there is no older one.
inline std::string older_program(const std::string& name) {
  return has_older_programs() ? std::string(std::getenv("SUIVI_OLDER_PROGRAMS")) + "/" + name : name;
}

} // namespace suivi::test
