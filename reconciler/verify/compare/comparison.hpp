// Whether the shop's orders say what the courier says: the comparison behind the command `verify`. Pure, over
// rows read without a lock.
//
// What an order ought to show is not decided here: the door's own decide() is asked what it would write if
// the courier's row were the newest word on that parcel. Only which of several parcels an order shows is
// found at the end, when all of the courier's rows are known. A row without an order here, or whose order
// belongs to another account, is no difference; nor is the order's own `status`, which the shop may set. A
// parcel that is gone at the courier leaves its columns. Metadata comes with list rows only, so it counts
// where a sweep had the last word on the parcel: after a webhook or a single read it waits for the next one.
#pragma once

#include "common/decision/options.hpp"
#include "common/decision/snapshot.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct difference {
  std::string account, reference, field;
  std::optional<std::string> shop, courier;
};

// Of one account. Remembers a few words of every order compared: about 200 bytes each.
class comparison {
 public:
  explicit comparison(shop::door_options options) : options_(options) {}

  // `rows`: pulls. May be told the same parcel again: the later word counts.
  void take(const shop::snapshot& known, std::span<const shop::observation> rows);

  [[nodiscard]] std::int64_t checked() const; // orders
  [[nodiscard]] std::vector<difference> differences() const;
  // Orders of several parcels of which nothing says which is the one to be shown, by reference.
  [[nodiscard]] std::vector<std::string> undecided() const;

  // An order that differs, and what to read again to be sure of it.
  struct differing {
    std::string order_id;
    std::vector<shop::wanted_read> parcels;
    // A webhook told of it so late that the courier's API may be behind until then.
    std::optional<instant> behind_until;
  };
  [[nodiscard]] std::vector<differing> to_confirm(milliseconds read_lag) const;
  // Keeps of that order's differences those that `again`, a later comparison, has too, as it has them.
  // Metadata is kept as it is: single reads come without.
  void confirm(const std::string& order_id, const comparison& again);

 private:
  struct candidate {
    std::string account, key; // its uuid, else its number
    std::optional<std::string> uuid;
    std::optional<instant> created_at;
    parcel_state status = 0;
    courier_kind courier = default_courier;
    bool reported = false; // by the courier, in this comparison
    std::optional<instant> webhook_at;
    std::vector<difference> differences;
  };
  struct entry {
    std::string reference;
    std::optional<std::string> tracking; // the shop's
    std::vector<candidate> parcels;
  };

  void take_one(const shop::snapshot& about, const shop::snapshot& known, const shop::observation& row);
  static candidate& place(entry& of, const std::string& key);
  [[nodiscard]] static const candidate* current(const entry& of);

  shop::door_options options_;
  std::map<std::string, entry> orders_; // by the order's id
};

} // namespace suivi::reconciler
