// What a parcel has been through: `GET /histories/?tracking=a,b`.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/guepex/status.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace suivi::guepex {

struct history_entry {
  std::string tracking;
  shop_status status;
  std::optional<std::string> reason;
  instant at; // date_status
};

// Pure: `{"data":[…]}` in whatever order, several parcels mixed. Entries that name no parcel, status or time
// are left out. "guepex:malformed" otherwise.
[[nodiscard]] result<std::vector<history_entry>> read_history(std::string_view body);

// Of that parcel: the latest entry. Among equal times the list's direction decides which is the later one:
// newest first unless its times rise. Null if there is none.
[[nodiscard]] const history_entry* latest_entry(const std::vector<history_entry>& entries,
                                                std::string_view tracking);

} // namespace suivi::guepex
