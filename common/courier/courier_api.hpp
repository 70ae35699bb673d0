// A courier's API, whichever courier it is (capabilities say which of it there is): its requests. One try
// each, on the wire once; pace and retries are the caller's.
//
// Errors beside http/client.hpp's: "courier:unauthorized" (401, 403; permanent), "courier:not_found" (404;
// permanent), "courier:throttled" (429, or a quota that is used up; transient, retry_after set if known),
// "courier:server" (5xx, 408, 425; transient), "courier:malformed" (2xx that is not the expected JSON;
// transient), "courier:refused" (the rest, redirects among it; permanent). No error text holds a key, a
// webhook address or the answer's body.
#pragma once

#include "common/courier/response_meta.hpp"
#include "common/http/client/client.hpp"
#include "common/shipment/courier_part.hpp"
#include "common/shipment/shipment_page.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::courier {

template <class T>
struct answer {
  result<T> content;
  response_meta how; // of a request that was never sent, asked_at is the epoch
};

// Rows are in the words that all couriers share, pages in Maystro's (`count`, `has_next`). Arguments are
// copied before the first suspension; the client must outlive every call.
class courier_api {
 public:
  virtual ~courier_api() = default;

  // A page of all parcels, newest first.
  virtual task<answer<shipment_page>> list(int page_number) = 0;
  // A page of the parcels whose state changed on that day (`YYYY-MM-DD`, in Algiers) or later.
  virtual task<answer<shipment_page>> list_changes(std::string since_day, int page_number) = 0;
  // Parcels of these references, at most references_max, on one page. The courier may ignore the filter:
  // compare `reference` of each row. `single`: for one order that is waited for, so that it may use up what
  // sweeps leave of a quota.
  virtual task<answer<shipment_page>> find_by_references(std::vector<std::string> references,
                                                         bool single) = 0;
  // Parcels by tracking number, at most trackings_max; numbers that the courier does not know are missing.
  // Rows have no reference. A parcel without a state counts as unreadable.
  virtual task<answer<shipment_page>> find_by_trackings(std::vector<std::string> numbers) = 0;
  // One parcel by its identity at the courier.
  virtual task<answer<shipment>> one(std::string_view uuid) = 0;
  // Whether the courier takes the credentials: true, or an error.
  virtual task<answer<bool>> test_key() = 0;
};

// Requests that a courier takes in a second, a minute, an hour and a day, and how many of them sweeps and
// batches leave to single reads.
struct request_limits {
  std::array<std::int64_t, 4> allowed, kept;
};

// Asked before each request of a courier with quotas, in all programs: single reads may use up what sweeps
// leave.
class request_gate {
 public:
  virtual ~request_gate() = default;

  struct refusal {
    error why;
    std::optional<milliseconds> retry_after;
  };
  // Waits where it is short. Null: go; else nothing may be sent now.
  virtual task<std::optional<refusal>> admit(std::string account, request_limits limits, bool single) = 0;

  // What the courier's answer told of its quotas.
  struct quota_answer {
    std::optional<std::int64_t> second_left, minute_left, hour_left, day_left;
    bool throttled = false;
    std::optional<milliseconds> retry_after;
  };
  virtual task<void> note(std::string account, request_limits limits, quota_answer answer) = 0;
};

} // namespace suivi::courier
