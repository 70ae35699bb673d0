// Texts as PostgreSQL takes them: valid UTF-8, without U+0000.
#pragma once

#include <optional>
#include <string>

namespace suivi::receiver {

// Null stays null.
[[nodiscard]] std::optional<std::string> storable(const std::optional<std::string>& text);
// The same where a database holds ASCII only: every other byte as in an address, `%C3%A9`.
[[nodiscard]] std::optional<std::string> storable_in_ascii(const std::optional<std::string>& text);
// An empty text is null.
[[nodiscard]] std::optional<std::string> storable_unless_empty(const std::string& text);

} // namespace suivi::receiver
