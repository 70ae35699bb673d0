// A stored webhook as operators see it: decoded, and without what belongs to the customer. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

// Names whose values are customers': customer_*, *phone*, destination_text, address; whatever their case.
[[nodiscard]] bool is_private_name(std::string_view name);

// Every private value reads `***`, at any depth, in JSON kept as a text too.
void mask(boost::json::value& in);

// The decoded JSON, masked; where there is none, up to 64 KiB of the body as text, what is no UTF-8 as
// U+FFFD, and masked as far as names can be told.
[[nodiscard]] boost::json::value shown_payload(std::string_view raw,
                                               std::optional<boost::json::value> decoded);

} // namespace suivi::receiver
