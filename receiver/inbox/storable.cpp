// Makes texts storable with common/base/utf8.
#include "receiver/inbox/storable.hpp"

#include "common/base/utf8.hpp"

#include <fmt/format.h>

namespace suivi::receiver {

std::optional<std::string> storable(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return to_storable_text(*text);
}

std::optional<std::string> storable_in_ascii(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::string written;
  for (char each : to_storable_text(*text)) {
    auto byte = static_cast<unsigned char>(each);
    if (byte < 0x80)
      written += each;
    else
      written += fmt::format("%{:02X}", byte);
  }
  return written;
}

std::optional<std::string> storable_unless_empty(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return to_storable_text(text);
}

} // namespace suivi::receiver
