// Names of couriers, there and back.
#include "common/shipment/courier.hpp"

#include <string>

namespace suivi {

std::string_view slug(courier_kind which) {
  switch (which) {
  case courier_kind::maystro:
    return "maystro";
  case courier_kind::guepex:
    return "guepex";
  case courier_kind::nord_west:
    return "nord_west";
  }
  return "unknown";
}

std::string_view display_name(courier_kind which) {
  switch (which) {
  case courier_kind::maystro:
    return "Maystro";
  case courier_kind::guepex:
    return "Guepex";
  case courier_kind::nord_west:
    return "Nord West";
  }
  return "unknown";
}

std::optional<courier_kind> courier_of_slug(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower == "nordwest") return courier_kind::nord_west;
  for (courier_kind which : couriers)
    if (slug(which) == lower) return which;
  return std::nullopt;
}

} // namespace suivi
