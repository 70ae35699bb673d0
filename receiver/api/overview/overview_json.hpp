// The overview and the list of problems, as answers have them. Pure.
#pragma once

#include "common/verdict/verdict.hpp"
#include "receiver/api/overview/overview_queries.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace suivi::receiver {

struct overview {
  std::optional<instant> as_of; // of the figures; none: there were none yet
  std::string timezone;
  verdict::facts facts;
  overview_figures figures;
};

[[nodiscard]] boost::json::array problems_json(const overview& of);
[[nodiscard]] boost::json::object overview_json(const overview& of);

} // namespace suivi::receiver
