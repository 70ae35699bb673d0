// What Nord West answers for a batch of tracking numbers: `POST /get/trackings/info`.
//
// Reading is tolerant: keys may be missing, times that cannot be read are absent, unknown members are
// ignored. Recipients' names, phones and addresses, drivers and remarks are never read.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/nord_west/event.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::nord_west {

inline constexpr std::size_t trackings_per_request_max = 50;

struct parcel {
  std::string tracking;
  std::optional<std::string> reference; // the courier's; may be another than the shop's
  // The newest entry that says where the parcel is: the latest time, and among equal ones the later in the
  // list. Missing where there is none with a time that can be read.
  std::optional<shop_event> state;
  std::optional<instant> state_at;
  std::optional<instant> created_at;
  // JSON object text for additionalMetaData.nord_west: without persons, phones and addresses. Keys sorted.
  std::string metadata;
};

struct tracking_answer {
  std::vector<parcel> parcels; // in the answer's order; numbers that the courier does not know are missing
  std::size_t unreadable = 0;  // elements that are no object, or are about another parcel than their key
};

// Numbers are the same whatever blanks are around them, and in any case.
[[nodiscard]] bool is_same_number(std::string_view a, std::string_view b);

// Pure: an object keyed by tracking number, or `[]` for nothing; of a requested number null or `[]` says that
// it is not known. Anything else is "nord_west:malformed" (transient).
[[nodiscard]] result<tracking_answer> read_tracking_answer(std::string_view body,
                                                           std::span<const std::string> requested = {});

} // namespace suivi::nord_west
