// Draws the parcels that are there at the start.
#include "tests/maystro_sim/world/beginning.hpp"

#include "tests/maystro_sim/world/draw.hpp"
#include "tests/maystro_sim/world/path.hpp"

#include <fmt/format.h>

namespace suivi::sim {
namespace {

enum : std::uint64_t { salt_uuid = 1, salt_tracking, salt_order, salt_reference };

// A bijection on 32 bits, so that references look mixed and are still all different.
std::uint32_t scramble(std::uint64_t seed, std::uint32_t x) {
  auto key = static_cast<std::uint32_t>(hash({seed, salt_reference}));
  for (int round = 0; round < 3; ++round) {
    x = (x ^ key) * 0x9e3779b1U; // odd factor: invertible
    x ^= x >> 15U;               // so is this
    key = key * 2654435761U + 1;
  }
  return x;
}

std::string reference(std::uint64_t seed, std::uint32_t kind, std::uint64_t n) {
  return fmt::format("CMD-{:010}",
                     scramble(seed, (kind << 30U) | static_cast<std::uint32_t>(n & 0x3fffffffU)));
}

std::size_t present_steps(draw& chance) {
  return chance.below(13);
}

} // namespace

std::string shared_reference(std::uint64_t seed, std::uint64_t k) {
  return reference(seed, 0, k);
}
std::string shop_reference(std::uint64_t seed, std::uint64_t j) {
  return reference(seed, 1, j);
}
std::string foreign_reference(std::uint64_t seed, std::uint64_t j) {
  return reference(seed, 2, j);
}

identity identify(std::uint64_t seed, std::uint64_t serial) {
  const auto a = hash({seed, salt_uuid, serial, 0});
  const auto b = hash({seed, salt_uuid, serial, 1});
  identity who;
  who.uuid = fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32U, (a >> 16U) & 0xffffU, a & 0xfffU,
                         0x8000U | (b >> 50U), b & 0xffffffffffffU);
  who.display_id = 3'000'000 + serial;
  who.tracking = fmt::format("{:016}", 1'750'000'000'000'000 + serial * 1'000'000 +
                                           hash({seed, salt_tracking, serial}) % 1'000'000);
  return who;
}

first_order first_of(const beginning& all, std::uint64_t k) {
  draw chance(hash({all.seed, salt_order, k}));
  first_order order;
  order.account = static_cast<std::size_t>(chance.below(all.accounts));
  const double age = (static_cast<double>(k) + 0.5) / static_cast<double>(all.known == 0 ? 1 : all.known);
  if (!chance.chance(all.twice_share)) {
    order.parcels.push_back({2 * k, age, walk(present_steps(chance), chance)});
    return order;
  }
  auto gone = walk(chance.below(6), chance);
  if (gone.back() < 50 && gone.back() != 10) gone.push_back(50);
  while (chance.chance(0.6)) {
    const auto next = next_status(gone.back(), chance);
    if (!next) break;
    gone.push_back(*next);
  }
  // The newer one is on its way or delivered: where its walk turned back, it is cut before the turn.
  auto living = walk(present_steps(chance), chance);
  for (std::size_t i = 0; i < living.size(); ++i)
    if (living[i] >= 50 || living[i] == 10) living.resize(i);
  const double later = age + (1 - age) * chance.fraction();
  order.parcels.push_back({2 * k, age, std::move(gone)});
  order.parcels.push_back({2 * k + 1, later, std::move(living)});
  return order;
}

} // namespace suivi::sim
