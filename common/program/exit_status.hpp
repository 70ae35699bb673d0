// The exit status of both programs: what a script may rely on.
#pragma once

namespace suivi::program::exits {

inline constexpr int done = 0;
inline constexpr int failed = 1;
inline constexpr int usage = 2;      // the command line or the settings
inline constexpr int incomplete = 3; // finished, but not all of it

} // namespace suivi::program::exits
