// Moves one parcel through the door, in a call of its own.
#include "common/shop/moved_parcel.hpp"

#include "common/log/log.hpp"

namespace suivi::shop {
namespace {

constexpr milliseconds patience{5'000};

} // namespace

task<void> keep_moved_link(pg::pool& connections, observation reported, door_options options) {
  options.links_only = true;
  auto db = co_await connections.acquire(std::chrono::steady_clock::now() + patience);
  if (!db) co_return; // the next try tells it again
  std::span<const observation> alone(&reported, 1);
  auto kept = co_await apply(**db, alone, options);
  if (!kept) log::warn("a refused order's parcel stays where it was", {{"error", to_string(kept.error())}});
}

} // namespace suivi::shop
