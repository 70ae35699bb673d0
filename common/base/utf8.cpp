// UTF-8 checking by the table of well-formed byte sequences.
#include "common/base/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace suivi {
namespace {

// Length of the well-formed sequence at the start of `s`, or 0; `bad` is then the length of the maximal
// ill-formed part.
std::size_t sequence(std::string_view s, std::size_t& bad) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  bad = 1;
  unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                       : lead >= 0xE0 && lead <= 0xEF ? 3
                       : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                      : 0;
  if (length == 0) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    unsigned char low = 0x80, high = 0xBF;
    if (i == 1) {
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    }
    if (i >= s.size() || at(i) < low || at(i) > high) {
      bad = i;
      return 0;
    }
  }
  return length;
}

// How many bytes of ASCII it begins with, eight at a time: nearly all of nearly every text.
std::size_t ascii_bytes(std::string_view s) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::size_t count = 0;
  for (std::uint64_t eight = 0; count + sizeof eight <= s.size(); count += sizeof eight) {
    std::memcpy(&eight, s.data() + count, sizeof eight);
    if ((eight & high_bits) != 0) break;
  }
  while (count < s.size() && static_cast<unsigned char>(s[count]) < 0x80) ++count;
  return count;
}

} // namespace

bool is_utf8(std::string_view bytes) {
  std::size_t bad = 0;
  for (bytes.remove_prefix(ascii_bytes(bytes)); !bytes.empty(); bytes.remove_prefix(ascii_bytes(bytes))) {
    std::size_t length = sequence(bytes, bad);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool is_plain_ascii(std::string_view bytes) {
  bool plain = true;
  for (char c : bytes) plain &= static_cast<signed char>(c) > 0; // all of it: many at a time
  return plain;
}

std::string to_storable_text(std::string_view bytes) {
  if (is_plain_ascii(bytes)) return std::string(bytes); // nearly always
  std::string text;
  text.reserve(bytes.size());
  std::size_t bad = 0;
  while (!bytes.empty()) {
    std::size_t length = sequence(bytes, bad);
    if (length == 0)
      text += "\xEF\xBF\xBD";
    else if (bytes.front() != '\0')
      text += bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? bad : length);
  }
  return text;
}

} // namespace suivi
