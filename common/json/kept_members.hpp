// The members of a courier's row that are kept beside the order, as one JSON object. Pure.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>

namespace suivi {

struct kept_member {
  std::string_view name;                   // as it is kept
  std::array<std::string_view, 2> sources; // as the courier says it: the first one that holds something
};

// The scalars among `members` that the row holds, in the order given; empty where it holds none of them.
// Lists, objects, null and "" are left out.
[[nodiscard]] std::string kept_members(const boost::json::object& row, std::span<const kept_member> members);

} // namespace suivi
