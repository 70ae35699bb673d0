// Makes texts storable with common/base/utf8.
#include "receiver/inbox/storable.hpp"

#include "common/base/utf8.hpp"

namespace suivi::receiver {

std::optional<std::string> storable(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return to_storable_text(*text);
}

std::optional<std::string> storable_unless_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return to_storable_text(text);
}

} // namespace suivi::receiver
