// Rotation: open parcels re-read, one by one or as many together as the courier takes, longest without a pull
// first, so that a change on an old page which no webhook told is found without a full sweep.
//
// The bound: every open parcel is pulled at least once in rotation_rest + rotation_period (24 hours), while
// incremental sweeps run as scheduled and an account has at most rotation_max * rotation_period /
// incremental_every open parcels (38,400 with the defaults); with more, the second part of it grows in
// proportion. Webhooks do not count as pulls.
#pragma once

#include "common/pg/connection.hpp"
#include "reconciler/store/lease.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

inline constexpr std::chrono::hours rotation_rest{8};    // pulled this recently, it need not be read again …
inline constexpr std::chrono::hours rotation_period{16}; // … and then within so long
inline constexpr std::int64_t rotation_min = 5;          // so many are read in every sweep, rested or not
inline constexpr std::int64_t rotation_max = 200;

// How many parcels one incremental sweep re-reads at most, so that `open` parcels take at most
// rotation_period. `every`: from one sweep to the next; zero (off) counts as the default.
[[nodiscard]] std::int64_t rotation_budget(std::int64_t open, milliseconds every);

struct open_parcel {
  std::int64_t id = 0;
  std::optional<std::string> uuid;
  std::string reference; // to ask by where there is no uuid
};

// `every_time`: so many whether they have rested or not. Open: linked to an order and in no state where
// parcels stay for good (delivered, taken back by the store); aborted and not received ones count as open for
// 60 days, for they may still travel back. A parcel the courier no longer has is asked for once a day. At
// most the budget, longest without a pull first.
task<result<std::vector<open_parcel>>> parcels_to_reread(pg::connection& db, std::string account,
                                                         milliseconds every,
                                                         std::int64_t every_time = rotation_min);

struct reread {
  std::int64_t id = 0;
  bool gone = false;  // the courier says it has no such parcel
  std::string name{}; // the courier's id or the reference that was asked for
  steady_time requested_at{};
};
// Remembers that they were asked for, under the term. May be repeated.
task<result<void>> note_rereads(pg::connection& db, lease held, std::vector<reread> done);

// Of a courier whose parcels nobody re-reads, for its sweeps find every change: open ones that this sweep,
// which has read all there are, has not shown are gone. May be repeated.
task<result<void>> note_not_shown(pg::connection& db, lease held, std::int64_t sweep);

} // namespace suivi::reconciler
