// A row of the journal as orders' timelines, the list of changes and the stream show it. Pure.
#pragma once

#include "common/pg/rows.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

namespace suivi::receiver {

// webhook, sweep, lookup, confirm, replay.
[[nodiscard]] std::string name_of_source(std::int64_t number);

// Columns from `first` on: at, source, field, from_value, to_value, event_id, sweep_id.
[[nodiscard]] boost::json::object change_of(const pg::rows& found, std::size_t i, std::size_t first);

} // namespace suivi::receiver
