// Which courier. The only list of them: whatever differs between couriers is asked by this value.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace suivi {

// The numbers are stored.
enum class courier_kind : int { maystro = 1, guepex = 2, nord_west = 3 };

inline constexpr std::array couriers{courier_kind::maystro, courier_kind::guepex, courier_kind::nord_west};

// `maystro`, `guepex`, `nord_west`: the slug of the shop's company, the key in additionalMetaData, the label
// of metrics.
[[nodiscard]] std::string_view slug(courier_kind which);
// `Maystro`, `Guepex`, `Nord West`: for people.
[[nodiscard]] std::string_view display_name(courier_kind which);
// What the operations API calls the source of its webhooks; empty: it sends none.
[[nodiscard]] std::string_view event_source(courier_kind which);
// Its webhooks tell changes, and since when; else what is so while they are sent.
[[nodiscard]] bool webhooks_tell_changes(courier_kind which);
// How the types of its events begin; empty: nothing tells them from others.
[[nodiscard]] std::string_view event_type_prefix(courier_kind which);
// Every slug that a served company may have, in lower case: those, and `nordwest`.
[[nodiscard]] std::span<const std::string_view> accepted_slugs();
// In any case and with blanks around it; `nordwest` is `nord_west`. nullopt: a company Suivi does not know.
[[nodiscard]] std::optional<courier_kind> courier_of_slug(std::string_view text);

} // namespace suivi
