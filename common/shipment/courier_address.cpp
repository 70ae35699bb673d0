// What surrounds a pasted text is dropped, what is in it stays.
#include "common/shipment/courier_address.hpp"

namespace suivi {

std::string pasted_key(std::string_view text) {
  std::string key;
  for (char c : text)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) key += c;
  std::size_t first = key.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return key.substr(first, key.find_last_not_of(' ') - first + 1);
}

std::string base_address(std::string_view text) {
  std::string address = pasted_key(text);
  while (address.ends_with('/') || address.ends_with(' ')) address.pop_back();
  return address;
}

std::string first_base_address(std::initializer_list<std::string_view> texts) {
  for (std::string_view text : texts)
    if (std::string address = base_address(text); !address.empty()) return address;
  return {};
}

} // namespace suivi
