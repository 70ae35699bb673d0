// A stored webhook as operators see it: decoded, and without what belongs to the customer. Pure.
//
// Private values read `***`, whatever the JSON, form, text or base64 they stand in is wrapped in; what cannot
// be read in parts reads `***` whole.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

// Every private value reads `***`, at any depth, in whatever is kept as a text too.
void mask(boost::json::value& in);

// The decoded JSON, masked; where there is none, up to 64 KiB of the body as masked_body() shows it.
[[nodiscard]] boost::json::value redacted_payload(std::string_view raw,
                                                  std::optional<boost::json::value> decoded);

// The body as it came, its innermost JSON or form masked and wrapped again in the same encodings; what is no
// UTF-8 as U+FFFD.
[[nodiscard]] std::string masked_body(std::string_view raw);

// An event's name or id as it may be shown: `***` where it might be somebody's name.
[[nodiscard]] std::optional<std::string> shown_event_type(const std::optional<std::string>& name);
// Of an event that its courier has signed.
[[nodiscard]] std::optional<std::string> shown_type_of_signed(const std::optional<std::string>& name);
[[nodiscard]] std::optional<std::string> shown_message_id(const std::optional<std::string>& id);

} // namespace suivi::receiver
