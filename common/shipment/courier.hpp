// Which courier. The only list of their names: whatever differs between couriers is asked by this value. What
// each of them does stands in its own folder, and in common/courier_list.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace suivi {

// The numbers are stored; they count from 1 without a gap.
enum class courier_kind : int { maystro = 1, guepex = 2, nord_west = 3 };

// Whatever names none is its: what was stored before there were others, accounts of the environment.
inline constexpr courier_kind default_courier = courier_kind::maystro;

struct courier_names {
  courier_kind which;
  std::string_view slug;         // of the shop's company, the key in additionalMetaData, the label of metrics
  std::string_view other_slug;   // another spelling that shops have; may be empty
  std::string_view display_name; // for people
  std::string_view
      event_source; // what the operations API calls the source of its webhooks; empty: it sends none
  std::string_view
      event_type_prefix;      // how the types of its events begin; empty: nothing tells them from others
  bool webhooks_tell_changes; // and since when; else what is so while they are sent
  std::string_view base_url;  // of its API, where neither setting nor account says another
};

inline constexpr std::array courier_table{
    courier_names{courier_kind::maystro, "maystro", "", "Maystro", "MAYSTRO", "", false,
                  "https://backend.maystro-delivery.com"},
    courier_names{courier_kind::guepex, "guepex", "", "Guepex", "GUEPEX", "parcel_", true,
                  "https://api.yalidine.app/v1"},
    courier_names{courier_kind::nord_west, "nord_west", "nordwest", "Nord West", "", "", false,
                  "https://app.noest-dz.com/api/public"},
};

inline constexpr auto couriers = [] {
  std::array<courier_kind, courier_table.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = courier_table[i].which;
  return all;
}();

// Its place in `couriers`, and in whatever has a place for each.
[[nodiscard]] constexpr std::size_t index_of(courier_kind which) {
  return static_cast<std::size_t>(which) - 1;
}
static_assert([] {
  for (std::size_t i = 0; i < couriers.size(); ++i)
    if (index_of(couriers[i]) != i) return false;
  return true;
}());

// As in the table; `unknown` of a number that is none of them.
[[nodiscard]] std::string_view slug(courier_kind which);
[[nodiscard]] std::string_view display_name(courier_kind which);
[[nodiscard]] std::string_view event_source(courier_kind which);
[[nodiscard]] bool webhooks_tell_changes(courier_kind which);
[[nodiscard]] std::string_view event_type_prefix(courier_kind which);
// Every slug that a served company may have, in lower case.
[[nodiscard]] std::span<const std::string_view> accepted_slugs();
// In any case and with blanks around it. nullopt: a company Suivi does not know.
[[nodiscard]] std::optional<courier_kind> courier_of_slug(std::string_view text);

} // namespace suivi
