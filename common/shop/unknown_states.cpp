// Reads how often an unknown state came. The door counts them (common/door/door_writes.cpp).
#include "common/shop/unknown_states.hpp"

namespace suivi::shop {
namespace {

constexpr pg::statement unknown_states{"shop_unknown_states",
                                       "select courier, times from suivi.unknown_state"};

} // namespace

task<result<std::map<courier_kind, std::int64_t>>> count_unknown_states(pg::connection& db) {
  auto found = co_await db.run(unknown_states);
  if (!found) co_return found.error();
  std::map<courier_kind, std::int64_t> counts;
  for (courier_kind courier : couriers) counts[courier] = 0;
  for (std::size_t i = 0; i < found->size(); ++i)
    counts[static_cast<courier_kind>(found->integer(i, 0))] = found->integer(i, 1);
  co_return counts;
}

} // namespace suivi::shop
