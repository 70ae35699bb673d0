// The faults the ledger chooses from. Each is begun once in a round and lasts until the stage is healed.
#pragma once

#include "tests/ledger/stage.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace suivi::ledger {

struct fault {
  std::string_view name;
  unsigned weight; // how often, against the others
  std::function<void(stage&, std::minstd_rand&)> begin;
};

[[nodiscard]] std::span<const fault> all_faults();

// One by weight among those whose name is in `names`, all where that is empty.
[[nodiscard]] const fault& choose(const std::vector<std::string>& names, std::minstd_rand& random);

} // namespace suivi::ledger
