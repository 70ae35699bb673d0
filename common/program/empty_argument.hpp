// An option that was given nothing, as an unset variable of a script does: it must not mean what its absence
// does. Pure.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace suivi::program {

// After `app` was read: which of its own options that is, not of its commands', and what is allowed; nullopt:
// none.
[[nodiscard]] std::optional<std::string> empty_argument(const CLI::App& app);

} // namespace suivi::program
