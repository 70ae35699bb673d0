// The list itself: a line for each courier.
#include "common/courier_list/parts.hpp"

#include "common/guepex/part.hpp"
#include "common/maystro/part.hpp"
#include "common/nord_west/part.hpp"

#include <array>

namespace suivi::courier {

std::span<const courier_part* const> all_parts() {
  static const std::array<const courier_part*, couriers.size()> all{
      &maystro::part(),
      &guepex::part(),
      &nord_west::part(),
  };
  return all;
}

const courier_part& part_of(courier_kind which) {
  for (const courier_part* part : all_parts())
    if (part->which == which) return *part;
  return *all_parts()[index_of(default_courier)];
}

capabilities capabilities_of(courier_kind courier) {
  return part_of(courier).can;
}

bool is_complete(const credentials& who) {
  return !who.api_key.empty() && (!capabilities_of(who.courier).has_two_keys || !who.user.empty());
}

bool same(const credentials& a, const credentials& b) {
  return a.courier == b.courier && a.base_url == b.base_url && a.api_key.reveal() == b.api_key.reveal() &&
         a.user.reveal() == b.user.reveal();
}

std::vector<reported_state> reported_states(courier_kind of, std::string_view raw) {
  const courier_part& part = part_of(of);
  return part.reported_states != nullptr ? part.reported_states(raw) : std::vector<reported_state>();
}

} // namespace suivi::courier
