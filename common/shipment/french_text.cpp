// Latin letters of Unicode's first blocks, letter by letter; all others pass unchanged.
#include "common/shipment/french_text.hpp"

#include "common/base/utf8.hpp"

#include <cstdint>

namespace suivi {
namespace {

// One character of well-formed UTF-8, taken off the front.
char32_t take_character(std::string_view& text) {
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  std::uint32_t lead = byte(0);
  std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t value = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3F);
  text.remove_prefix(length);
  return value;
}

void append(std::string& out, char32_t character) {
  auto value = static_cast<std::uint32_t>(character);
  auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) return add(value);
  if (value < 0x800) {
    add(0xC0 | value >> 6);
  } else if (value < 0x10000) {
    add(0xE0 | value >> 12);
    add(0x80 | (value >> 6 & 0x3F));
  } else {
    add(0xF0 | value >> 18);
    add(0x80 | (value >> 12 & 0x3F));
    add(0x80 | (value >> 6 & 0x3F));
  }
  add(0x80 | (value & 0x3F));
}

bool is_blank_character(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x202F || c == 0x2009;
}

bool is_combining_accent(char32_t c) {
  return c >= 0x300 && c <= 0x36F;
}

// U+00C0 to U+00FF without their accents; 0 for what is no letter with an accent.
using namespace std::string_view_literals;
constexpr std::string_view plain_latin = "aaaaaa\0ceeeeiiii\0nooooo\0\0uuuuy\0\0"
                                         "aaaaaa\0ceeeeiiii\0nooooo\0\0uuuuy\0y"sv;
static_assert(plain_latin.size() == 64);

// The letter without case and accent; 0 for what is none of these.
char plain_letter(char32_t c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  if (c == 0x178) return 'y';
  if (c >= 0xC0 && c <= 0xFF) return plain_latin[c - 0xC0];
  return 0;
}

char32_t capital(char32_t c) {
  if (c >= 'a' && c <= 'z') return c - 'a' + 'A';
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return c - 0x20;
  if (c == 0xFF) return 0x178;
  if (c == 0x153) return 0x152;
  return c;
}

} // namespace

std::string folded(std::string_view text) {
  std::string storable = to_storable_text(text);
  std::string_view rest = storable;
  std::string out;
  bool blank_before = false;
  while (!rest.empty()) {
    char32_t c = take_character(rest);
    if (is_combining_accent(c)) continue;
    if (is_blank_character(c)) {
      blank_before = !out.empty();
      continue;
    }
    if (blank_before) out += ' ';
    blank_before = false;
    if (c == 0x152 || c == 0x153)
      out += "oe";
    else if (c == 0x2019)
      out += '\'';
    else if (char plain = plain_letter(c))
      out += plain;
    else
      append(out, c >= 0xC0 && c <= 0xDE && c != 0xD7 ? c + 0x20 : c); // Æ, Ð, Ø, Þ
  }
  return out;
}

std::string in_capitals(std::string_view text) {
  std::string storable = to_storable_text(text);
  std::string_view rest = storable;
  std::string out;
  std::size_t end = 0; // without the blanks at the end
  while (!rest.empty()) {
    char32_t c = take_character(rest);
    if (is_blank_character(c) && out.empty()) continue;
    append(out, capital(c));
    if (!is_blank_character(c)) end = out.size();
  }
  out.resize(end);
  return out;
}

} // namespace suivi
