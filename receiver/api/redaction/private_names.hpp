// Which members of a webhook hold what belongs to a customer, and which texts may stand where an event's
// name or id is shown. Pure.
#pragma once

#include <string>
#include <string_view>

namespace suivi::receiver {

// A member's name without case, accents, blanks, `_` and `-`.
[[nodiscard]] std::string folded_name(std::string_view name);

// `customer*`, `*phone*`, `*mobile*`, `*address*`, `adresse`, `destination_text`, `firstname`, `familyname`,
// `recipientName`, `client` and its members, `note_to_driver`, `label`, `labels`, `pin`, and what senders
// call the same otherwise (`nom`, `fullName`, `tel`, `*email*` …): in any spelling of case, accents, `_` and
// `-`, and within names that have parts (`order[client][x]`, `client.name`).
[[nodiscard]] bool is_private_name(std::string_view name);

// Made like the name of a member, and of words that such names have (known_words.hpp). What is not, may be a
// person's name or number: neither it nor its value is shown then.
[[nodiscard]] bool is_plain_name(std::string_view name);

// Of members that are told as pairs, `{"key":"nom","value":…}`: which of the two it is.
[[nodiscard]] bool holds_name_of_member(std::string_view name);
[[nodiscard]] bool holds_value_of_member(std::string_view name);

// Holds what identifies a parcel or an order (`external_order_id`, `tracking`): digits are no phone number
// there.
[[nodiscard]] bool is_identity_name(std::string_view name);
// Or a price or a time.
[[nodiscard]] bool is_figure_name(std::string_view name);

// A member that names an event or a message: senders have put people's names there.
[[nodiscard]] bool is_label_of_event(std::string_view name);

// Whether it is made like an event's type (`OrderStatusChanged`) or a message's id (`2070443601311540`). What
// is made otherwise may be anybody's name or number.
[[nodiscard]] bool is_like_event_type(std::string_view text);
// A short word of letters, digits, `_`, `.` and `-`, and no telephone number: what only a courier can have
// sent, for it is signed, need be no more to be shown as a type.
[[nodiscard]] bool is_identifier(std::string_view text);
[[nodiscard]] bool is_like_message_id(std::string_view text);

// A private name in running text or in a table, with what looks like its value behind it.
[[nodiscard]] bool names_private_value(std::string_view text);

} // namespace suivi::receiver
