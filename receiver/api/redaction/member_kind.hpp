// What may be shown of a member of a webhook that is not known to be personal (private_names.hpp). Of those
// known to be impersonal (ids, states, places, dates, figures) all that fits; of any other what may hardly be
// a person's name, number or remark; of a body that cannot be read in parts next to nothing. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string_view>

namespace suivi::receiver {

enum class member_kind : std::uint8_t {
  body,     // holds the webhook itself (`payload`, `data`), or is it
  remark,   // somebody's name, or what somebody typed
  unlisted, // nobody knows
  identity, // of a parcel, an order, a message (`external_order_id`, `tracking`)
  label,    // what kind of event it is (`event`, `type`)
  figure,   // a price, a count, a time
  word,     // one of a few words that senders know (`delivery_type`, `currency`)
  wilaya,   // one of Algeria's wilayas
  text      // free, and about the parcel (`status`, `alert_reason`, `commune`)
};

[[nodiscard]] member_kind kind_of_member(std::string_view name);

// A courier's reason (`alert_reason`): a text of which words are hidden, not all.
[[nodiscard]] bool is_reason_name(std::string_view name);

// By which name a member is judged that stands within another one: what nobody knows of a remark's parts is a
// remark as well.
[[nodiscard]] std::string_view governing_name(std::string_view within, std::string_view name);

// Of a text that has no parts.
[[nodiscard]] bool may_be_shown(member_kind kind, std::string_view text);
// Of what is neither a text nor structured: a number may be a phone, a place on the map or a person's.
[[nodiscard]] bool may_be_shown(member_kind kind, const boost::json::value& literal);

} // namespace suivi::receiver
