// Whether a person at a terminal reads what is written.
#pragma once

namespace suivi::program {

// Whether what is written to this file descriptor is read by a person who wants colors: a terminal, not a
// dumb one, and without NO_COLOR (https://no-color.org) in the environment.
[[nodiscard]] bool wants_color(int descriptor);

} // namespace suivi::program
