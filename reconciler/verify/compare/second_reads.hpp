// What verify reads a second time before it says that an order differs, and not before when. Pure: the time
// is an argument.
#pragma once

#include "common/base/time.hpp"
#include "reconciler/verify/compare/comparison.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace suivi::reconciler {

// More orders than these are not read again one by one: so many differences are no accident of time.
inline constexpr std::size_t confirmed_max = 200;
// What a webhook on its way may need to be applied.
inline constexpr milliseconds settling{1'000};

struct second_reads {
  instant from; // earlier, the answers may be as old as the first ones
  std::vector<shop::wanted_read> parcels;
};
// nullopt: nothing differs, or too much does.
[[nodiscard]] std::optional<second_reads>
plan_second_reads(const std::vector<comparison::differing>& doubtful, instant now, milliseconds read_lag);

// The read by which to look once more for a parcel that was not there by its id, or could not be understood:
// the old system kept other ids as well, and a parcel may have gone for another one. nullopt: there is none.
[[nodiscard]] std::optional<shop::wanted_read> by_reference_instead(const shop::wanted_read& wanted);

} // namespace suivi::reconciler
