// The courier's truth: accounts, orders, their parcels, and every status a parcel ever had with its time.
//
// Pure: no clock, no I/O; the same calls give the same world. Times of changes strictly increase over the
// whole world, so that "the later one" is always one. A list shows parcels newest first, as the real one
// seems to.
#pragma once

#include "common/base/time.hpp"
#include "tests/maystro_sim/world/beginning.hpp"
#include "tests/maystro_sim/world/draw.hpp"

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace suivi::sim {

struct world_shape {
  beginning first;
  std::vector<std::string> accounts{"account-1"}; // ids; first.accounts is their number
  double foreign_share = 0.01;                    // parcels the shop knows nothing of, beside the known ones
  instant start{};                                // "now" at the beginning
  seconds span{60 * 24 * 3600};                   // the oldest parcel is that old
};

using parcel_index = std::uint32_t;
using order_index = std::uint32_t;

// One status of one parcel: what a webhook tells.
struct change {
  parcel_index parcel = 0;
  std::size_t step = 0;
};

// A parcel as it was at some time. Reasons are JSON because the courier sends texts and numbers.
struct parcel_view {
  identity who;
  std::uint64_t serial = 0;
  std::string reference; // empty: sent without external_order_id
  std::size_t account = 0;
  int status = 0;
  instant created_at{};
  instant changed_at{};
  std::optional<instant> alerted_at, delivered_at, postponed_to;
  boost::json::value alert_reason, abort_reason; // null: none
  bool is_named = false;                         // by a test, not from the seed
};

struct new_parcel {
  std::size_t account = 0;
  std::string reference;
  bool known = false; // the shop has such an order: it appears in the truth
  std::vector<int> way{4};
  std::optional<instant> created_at; // else now
  std::optional<std::string> uuid, tracking;
};

class world {
 public:
  explicit world(world_shape shape);

  // Some parcel that can move takes its next step; nullopt when all have arrived.
  std::optional<change> move_one(instant now);
  change set_status(parcel_index parcel, int status, instant now,
                    std::optional<boost::json::value> reason = {});
  parcel_index insert(new_parcel parcel, instant now);
  // One more / one fewer parcel that the shop knows nothing of.
  parcel_index insert_foreign(std::size_t account, instant now);
  bool remove_foreign(std::size_t account, draw& chance);
  void remove(parcel_index parcel);

  [[nodiscard]] std::size_t movable() const { return movable_.size(); }
  [[nodiscard]] const world_shape& shape() const { return shape_; }
  [[nodiscard]] std::size_t order_count() const { return orders_.size(); }

  // What an account's list shows at `as_of`: the number of parcels, and those from `offset` on, newest first.
  [[nodiscard]] std::size_t count(std::size_t account, instant as_of) const;
  [[nodiscard]] std::vector<parcel_index> list(std::size_t account, std::size_t offset, std::size_t limit,
                                               instant as_of) const;
  [[nodiscard]] std::optional<parcel_index> find_uuid(std::string_view uuid) const;
  [[nodiscard]] std::vector<parcel_index> find_reference(std::size_t account,
                                                         std::string_view reference) const;

  [[nodiscard]] parcel_view view(parcel_index parcel, instant as_of) const;
  [[nodiscard]] parcel_view view_step(change at) const;
  [[nodiscard]] std::vector<std::pair<int, instant>> history(parcel_index parcel, instant as_of) const;

  struct truth {
    std::size_t account = 0;
    std::string reference;
    bool known = false;
    parcel_index current = 0;
    std::vector<parcel_index> parcels; // newest first
  };
  // The order's present parcel: the newest (equal: the greater uuid) of those not on their way back, else the
  // newest of all. nullopt for an order whose parcels are gone, or that has no reference.
  [[nodiscard]] std::optional<truth> truth_of(order_index order) const;

 private:
  struct step {
    instant at;
    int status;
  };
  struct parcel {
    std::uint64_t serial;
    order_index order;
    bool removed = false;
    instant created_at;
    std::vector<step> steps;
  };
  struct order {
    std::string reference;
    std::size_t account;
    bool known;
    std::vector<parcel_index> parcels;
  };

  order_index order_for(std::size_t account, const std::string& reference, bool known);
  parcel_index place(order_index order, std::uint64_t serial, instant created_at, std::vector<step> steps);
  void sort_lists();
  [[nodiscard]] bool older(parcel_index a, parcel_index b) const;
  [[nodiscard]] identity names(const parcel& p) const;
  instant stamp(instant now);
  static std::uint64_t reference_key(std::size_t account, std::string_view reference);

  world_shape shape_;
  draw chance_;
  std::vector<order> orders_;
  std::vector<parcel> parcels_;
  std::vector<std::vector<parcel_index>> lists_; // for each account, oldest first
  std::vector<parcel_index> movable_;
  std::unordered_map<std::uint64_t, order_index> by_reference_; // keys are hashes; a hit is compared
  std::unordered_map<std::uint64_t, parcel_index> by_uuid_;
  std::unordered_map<std::uint64_t, identity> fixed_names_;             // by serial: parcels a test has named
  std::unordered_map<std::uint64_t, boost::json::value> fixed_reasons_; // by parcel and step
  std::uint64_t next_serial_ = 0;
  std::uint64_t foreign_made_ = 0;
  instant last_stamp_{};
};

} // namespace suivi::sim
