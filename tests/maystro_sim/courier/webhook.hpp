// What a status change becomes: an event's text, and the fate of its message. Pure.
#pragma once

#include "tests/maystro_sim/courier/envelope_style.hpp"
#include "tests/maystro_sim/courier/settings.hpp"
#include "tests/maystro_sim/world/world.hpp"

namespace suivi::sim {

// A hook a client has registered; one trigger type each.
struct hook {
  std::string id; // uuid
  std::size_t account = 0;
  std::string endpoint;
  std::string trigger;
};

// The name under which a hook on `trigger` hears of this change; nullopt if it does not.
[[nodiscard]] std::optional<std::string> event_name(const settings& s, std::string_view trigger, bool created,
                                                    int status);

[[nodiscard]] std::string event_text(const parcel_view& parcel, std::string_view event_name,
                                     bool with_reference);

// The fate of one message, from the seed and the message's number alone.
struct fate {
  envelope_style style = envelope_style::plain;
  bool lost = false;
  bool with_reference = true;
  std::vector<milliseconds> copies; // when each copy goes out, after the change; two if it is duplicated
  std::uint64_t chance = 0;         // seeds what else varies
};
[[nodiscard]] fate decide_fate(const settings& s, std::uint64_t seed, std::uint64_t message);

} // namespace suivi::sim
