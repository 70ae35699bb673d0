// The word that was meant where one was mistyped. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace suivi::program {

// Of the known words the one with the fewest letters to change, add, drop or swap; none where that would be
// a third of the word or more.
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed,
                                                 const std::vector<std::string>& known);

// After `app` could not be read: what to type instead of the arguments it did not expect, in whole lines;
// empty where nothing is near.
[[nodiscard]] std::string suggestions(const CLI::App& app);

} // namespace suivi::program
