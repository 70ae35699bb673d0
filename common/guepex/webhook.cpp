// Decodes the envelope, then each of its events for itself: a bad one does not spoil the others.
#include "common/guepex/webhook.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <initializer_list>

namespace suivi::guepex {
namespace {

namespace json = boost::json;

std::optional<std::string> first_words(const json::object& from,
                                       std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (std::optional<std::string> words = read_words(from.if_contains(name))) return words;
  return std::nullopt;
}

std::optional<instant> time_of(const std::optional<std::string>& words) {
  return words ? parse_courier_time(*words) : std::nullopt;
}

bool tells_no_state(std::string_view type) {
  return type == "parcel_payment_updated" || type == "parcel_deleted";
}

bool links_without_status(std::string_view type) {
  return type == "parcel_created" || type == "parcel_edited";
}

bool is_known_type(std::string_view type) {
  return links_without_status(type) || tells_no_state(type) || type == "parcel_status_updated";
}

void read_fields(const json::object& element, event& parsed) {
  const json::value* data_value = element.if_contains("data");
  const json::object* data = data_value == nullptr ? nullptr : data_value->if_object();
  const json::object& parcel = data == nullptr ? element : *data;
  if (std::optional<std::string> tracking = first_id(parcel, {"tracking"}))
    parsed.tracking = without_blanks(*tracking);
  parsed.reference = first_id(parcel, {"order_id"});
  if (std::optional<std::string> words = first_words(parcel, {"status", "last_status"}))
    parsed.status = read_status(*words);
  parsed.reason = first_words(parcel, {"reason"});
  parsed.created_at = time_of(first_words(parcel, {"date_creation"}));
}

void judge(event& parsed) {
  std::string_view type = parsed.type ? std::string_view(*parsed.type) : std::string_view();
  if (tells_no_state(type)) {
    parsed.kind = event_kind::ignored;
  } else if (!parsed.tracking) {
    bool says_nothing = !parsed.status && !parsed.type.value_or("").empty() && !is_known_type(type);
    parsed.kind = says_nothing ? event_kind::ignored : event_kind::not_understood;
    parsed.why = says_nothing ? "" : "the event has no tracking number";
  } else if (parsed.status) {
    parsed.kind = event_kind::state;
  } else {
    parsed.kind = links_without_status(type) ? event_kind::link : event_kind::ignored;
  }
}

event read_event(const json::value& element, const std::optional<std::string>& type) {
  event parsed;
  parsed.type = type;
  json::object alone;
  if (type) alone["type"] = *type;
  alone["events"] = json::array{element};
  parsed.body = write_json(alone);
  const json::object* object = element.if_object();
  if (object == nullptr) {
    parsed.why = "the event is no JSON object";
    return parsed;
  }
  if (std::optional<std::string> own = first_words(*object, {"type"})) parsed.type = own;
  parsed.event_id = first_id(*object, {"event_id"});
  parsed.occurred_at = time_of(first_words(*object, {"occurred_at"}));
  read_fields(*object, parsed);
  judge(parsed);
  return parsed;
}

} // namespace

delivery decode(std::string_view body) {
  delivery parsed;
  // A text of one event that was cut in the middle of an emoji takes none of the others with it.
  result<json::value> document = parse_json(body, half_surrogates::mend, event_limits);
  if (!document) {
    parsed.why = document.error().detail;
    return parsed;
  }
  const json::object* root = document->if_object();
  const json::value* events = root == nullptr ? nullptr : root->if_contains("events");
  const json::array* elements = events == nullptr ? nullptr : events->if_array();
  if (elements == nullptr) {
    parsed.why = "the body has no list of events";
    return parsed;
  }
  if (elements->empty()) {
    parsed.why = "the list of events is empty";
    return parsed;
  }
  if (elements->size() > events_max) {
    parsed.why = fmt::format("the body has {} events, more than {}", elements->size(), events_max);
    return parsed;
  }
  std::optional<std::string> type = first_words(*root, {"type"});
  if (type && type->size() > type_bytes_max) {
    parsed.why = fmt::format("the type is longer than {} bytes", type_bytes_max);
    return parsed;
  }
  parsed.events.reserve(elements->size());
  for (const json::value& element : *elements) parsed.events.push_back(read_event(element, type));
  return parsed;
}

} // namespace suivi::guepex
