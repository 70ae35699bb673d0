// The names of couriers and what each can do.
#include "common/shipment/courier.hpp"

#include <string>

namespace suivi {
namespace {

struct named {
  std::string_view slug;
  courier_kind which;
};

// Those of slug(), and other spellings that shops have.
constexpr std::array accepted{named{"maystro", courier_kind::maystro}, named{"guepex", courier_kind::guepex},
                              named{"nord_west", courier_kind::nord_west},
                              named{"nordwest", courier_kind::nord_west}};

constexpr auto slugs_of_accepted = [] {
  std::array<std::string_view, accepted.size()> slugs;
  for (std::size_t i = 0; i < accepted.size(); ++i) slugs[i] = accepted[i].slug;
  return slugs;
}();

} // namespace

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

std::string_view event_source(courier_kind which) {
  switch (which) {
  case courier_kind::maystro:
    return "MAYSTRO";
  case courier_kind::guepex:
    return "GUEPEX";
  case courier_kind::nord_west:
    break;
  }
  return "";
}

bool webhooks_tell_changes(courier_kind which) {
  return which == courier_kind::guepex;
}

std::string_view event_type_prefix(courier_kind which) {
  return which == courier_kind::guepex ? "parcel_" : "";
}

std::span<const std::string_view> accepted_slugs() {
  return slugs_of_accepted;
}

std::optional<courier_kind> courier_of_slug(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const named& one : accepted)
    if (one.slug == lower) return one.which;
  return std::nullopt;
}

} // namespace suivi
