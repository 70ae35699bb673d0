// Texts: UTF-8 against a slow reader by Unicode's definition, base64 there and back, and the status codes of
// the courier in any JSON value.
#include "common/base/utf8.hpp"
#include "common/crypto/crypto.hpp"
#include "common/json/json_text.hpp"
#include "common/maystro/json_fields.hpp"
#include "common/maystro/status.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json/value.hpp>

namespace suivi::fuzz {
namespace {

// Decodes to code points and looks at the number: no table.
bool slow_is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    auto lead = static_cast<unsigned char>(bytes[i]);
    std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      auto next = static_cast<unsigned char>(bytes[i + k]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3Fu);
    }
    std::uint32_t minimum = length == 1 ? 0 : length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    if (point < minimum || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += length;
  }
  return true;
}

void check_utf8(std::string_view bytes) {
  bool fine = is_utf8(bytes);
  require(fine == slow_is_utf8(bytes), "the slow reader finds the same texts well-formed");
  std::string text = to_storable_text(bytes);
  require(slow_is_utf8(text) && text.find('\0') == std::string::npos,
          "storable text is UTF-8 without U+0000");
  require(to_storable_text(text) == text, "storable text stays as it is");
  bool untouched = fine && bytes.find('\0') == std::string_view::npos;
  require(!untouched || text == bytes, "text that is storable is not changed");
}

void check_base64(std::string_view bytes) {
  require(crypto::base64_decode(crypto::base64_encode(bytes)) == bytes, "base64 goes there and back");
  if (auto decoded = crypto::base64_decode(bytes))
    require(crypto::base64_decode(crypto::base64_encode(*decoded)) == decoded,
            "what was base64 can be so again");
}

void check_status(std::string_view bytes) {
  auto value = parse_json(bytes);
  auto code = value ? maystro::read_status(&*value) : std::nullopt;
  if (!code) return;
  require(*code >= 0 && *code <= 9999, "a status of 0 to 9999");
  std::string text = maystro::status_text(*code);
  require(is_utf8(text) && !text.empty(), "a status has a text");
  bool known = false;
  for (const maystro::status& s : maystro::all_statuses()) known = known || s.code == *code;
  require(known || text == "INCONNU (" + std::to_string(*code) + ")",
          "an unknown code is shown with its number");
}

} // namespace

void one_input(std::string_view bytes) {
  check_utf8(bytes);
  check_base64(bytes);
  check_status(bytes);
}

} // namespace suivi::fuzz
