// JSON in which somebody asks for something: what could be read as another wish than it was written as is
// refused.
#pragma once

#include "common/base/error.hpp"

#include <boost/json/value.hpp>
#include <string_view>

namespace suivi {

// As parse_json with event_limits, and with two more errors, whose details name nothing of the text:
// "json:nul", for an id with U+0000 in it would be that of another without, and "json:twice", where an object
// has two members of one name, of which one would be passed over.
[[nodiscard]] result<boost::json::value> parse_request(std::string_view text);

} // namespace suivi
