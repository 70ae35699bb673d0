// What is so when the simulator starts, as a function of the seed alone: the references, their accounts,
// their parcels and how far each parcel has come. The simulator and the shop's loader both ask here, so they
// agree without talking.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace suivi::sim {

// The k-th reference that shop and courier share, the j-th that only the shop has, and the j-th that only the
// courier has. No two of them are equal under one seed (k, j below 2^30).
[[nodiscard]] std::string shared_reference(std::uint64_t seed, std::uint64_t k);
[[nodiscard]] std::string shop_reference(std::uint64_t seed, std::uint64_t j);
[[nodiscard]] std::string foreign_reference(std::uint64_t seed, std::uint64_t j);

// A parcel's names. `serial` numbers all parcels: those of the k-th shared order are 2k and 2k + 1.
struct identity {
  std::string uuid;
  std::uint64_t display_id = 0;
  std::string tracking; // 16 digits; never in two parcels
};
[[nodiscard]] identity identify(std::uint64_t seed, std::uint64_t serial);

struct first_parcel {
  std::uint64_t serial = 0;
  double created = 0;   // 0: the oldest possible, 1: now
  std::vector<int> way; // statuses so far, the last is the present one
};

struct first_order {
  std::size_t account = 0; // index
  std::vector<first_parcel>
      parcels; // oldest first; two if it was shipped twice: the earlier goes back, the newer lives
};

struct beginning {
  std::uint64_t seed = 1;
  std::uint64_t known = 0; // shared orders
  std::size_t accounts = 1;
  double twice_share = 0.02; // of the shared orders
};
[[nodiscard]] first_order first_of(const beginning& all, std::uint64_t k);

} // namespace suivi::sim
