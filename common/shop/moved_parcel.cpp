// Moves one parcel through the door, in a call of its own.
#include "common/shop/moved_parcel.hpp"

namespace suivi::shop {
namespace {

constexpr milliseconds patience{5'000};

} // namespace

task<result<void>> keep_moved_link(pg::pool& connections, observation reported, door_options options) {
  options.links_only = true;
  auto db = co_await connections.acquire(std::chrono::steady_clock::now() + patience);
  if (!db) co_return db.error();
  std::span<const observation> alone(&reported, 1);
  auto kept = co_await apply(**db, alone, options);
  if (!kept) co_return kept.error();
  co_return result<void>();
}

} // namespace suivi::shop
