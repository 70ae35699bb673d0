// Draws the steps that a parcel goes through.
#include "tests/maystro_sim/world/path.hpp"

namespace suivi::sim {

std::optional<int> next_status(int status, draw& chance) {
  const double x = chance.fraction();
  const bool given_up = chance.chance(0.02); // called off by shop or customer
  if (given_up && status >= 4 && status <= 42 && status != 10 && status != 41) return 50;
  switch (status) {
  case 4:
    return 5;
  case 5:
    return 6;
  case 6:
    return x < 0.85 ? 15 : x < 0.93 ? 11 : 12;
  case 11:
  case 12:
    return 15;
  case 15:
    return 8;
  case 8:
    return 9;
  case 9:
    return 22;
  case 22:
    return 31;
  case 31:
    return x < 0.7 ? 41 : x < 0.87 ? 32 : 42;
  case 32:
    return x < 0.4 ? 22 : x < 0.8 ? 31 : 50;
  case 42:
    return x < 0.5 ? 22 : 31;
  case 50:
    return 51;
  case 51:
    return 10;
  case 10:
    return x < 0.9 ? 52 : 53;
  default:
    return std::nullopt;
  }
}

std::vector<int> walk(std::size_t steps, draw& chance) {
  std::vector<int> way{first_status};
  while (way.size() <= steps) {
    const auto next = next_status(way.back(), chance);
    if (!next) break;
    way.push_back(*next);
  }
  return way;
}

} // namespace suivi::sim
