// What may be shown of a member of a webhook: an allow-list. What is in it is known to be impersonal (ids,
// states, places, dates, figures); of any other member only what says nothing of anybody is shown. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string_view>

namespace suivi::receiver {

enum class member_kind : std::uint8_t {
  unlisted, // may be anybody's name or remark, in any language
  identity, // of a parcel, an order, a message (`external_order_id`, `tracking`)
  figure,   // a price, a count, a time
  word,     // one of a few words that senders know (`delivery_type`, `currency`)
  text      // free, and about the parcel (`status`, `alert_reason`, `commune`)
};

[[nodiscard]] member_kind kind_of_member(std::string_view name);

// Of a text that has no parts.
[[nodiscard]] bool may_be_shown(member_kind kind, std::string_view text);
// Of what is neither a text nor structured: a number may be a phone, a place on the map or a person's.
[[nodiscard]] bool may_be_shown(member_kind kind, const boost::json::value& literal);

} // namespace suivi::receiver
