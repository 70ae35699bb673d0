// The envelopes in which the courier puts lists, of orders as of hooks: `{"list":{"results":[…]}}`,
// `{"results":[…]}`,
// `{"list":[…]}`, `[…]`. Tried in that order.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace suivi::maystro {

struct listing {
  const boost::json::array* elements = nullptr;  // null: none of the four
  const boost::json::object* envelope = nullptr; // what holds `count` and `next`; null for a bare list
};

// Points into `document`.
[[nodiscard]] listing find_listing(const boost::json::value& document);

} // namespace suivi::maystro
