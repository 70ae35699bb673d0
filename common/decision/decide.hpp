// What the door does with a set of observations, decided without I/O: a snapshot and observations in,
// verdicts and the rows to write out. Applying the same observations to the written rows again decides to
// write nothing.
#pragma once

#include "common/decision/options.hpp"
#include "common/decision/snapshot.hpp"

#include <span>
#include <vector>

namespace suivi::shop {

struct order_write {
  std::string order_id;
  order_columns columns; // all of them, as they shall be
  bool writes_metadata = false;
  bool delivers = false; // the order's own status becomes DELIVERED
};

struct journal_entry {
  std::string order_id;
  std::string account;
  std::string parcel; // its uuid, else its display id
  source from;
  shop::change change;
  std::optional<std::int64_t> event_id;
  std::optional<std::int64_t> sweep_id;
};

struct adoption {
  std::string order_id;
  std::string account;
  std::optional<std::string> contested_by;
};

struct decision {
  std::vector<verdict> verdicts; // one for each observation, in their order
  std::vector<parcel_row> new_parcels;
  std::vector<parcel_row> changed_parcels;
  std::vector<order_write> orders;
  std::vector<journal_entry> journal;
  std::vector<adoption> adoptions;
};

[[nodiscard]] decision decide(const snapshot& rows, std::span<const observation> observations,
                              const door_options& options);

} // namespace suivi::shop
