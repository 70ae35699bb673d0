// Where in a decoded webhook the order is, and what the event is called. Pure.
//
// An order may stand under `payload`, `data` or `order`, one in another, or be the document itself; its
// status under `status`, `status_code` or `order.status`; parts of its identity beside it, further out.
#pragma once

#include "common/maystro/shipment.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

namespace suivi::maystro {

struct found_order {
  std::optional<maystro::shipment> shipment; // identity and status are there
  bool identity_without_status = false;
  std::optional<std::string> name; // of the event
};

// `layers`: the unwrapped objects, outermost first, the event itself last; not empty.
[[nodiscard]] found_order locate_order(const std::vector<const boost::json::object*>& layers);

} // namespace suivi::maystro
