// Envelope, then element by element: what is wrong with one says nothing of the others.
#include "common/guepex/webhook.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
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

void read_fields(const json::object& element, event& told) {
  const json::value* data_value = element.if_contains("data");
  const json::object* data = data_value == nullptr ? nullptr : data_value->if_object();
  const json::object& parcel = data == nullptr ? element : *data;
  told.tracking = first_id(parcel, {"tracking"});
  told.reference = first_id(parcel, {"order_id"});
  if (std::optional<std::string> words = first_words(parcel, {"status", "last_status"}))
    told.status = read_status(*words);
  told.reason = first_words(parcel, {"reason"});
  told.created_at = time_of(first_words(parcel, {"date_creation"}));
}

void judge(event& told) {
  std::string_view type = told.type ? std::string_view(*told.type) : std::string_view();
  if (tells_no_state(type)) {
    told.kind = event_kind::ignored;
  } else if (!told.tracking) {
    bool says_nothing = !told.status && !told.type.value_or("").empty() && !is_known_type(type);
    told.kind = says_nothing ? event_kind::ignored : event_kind::not_understood;
    told.why = says_nothing ? "" : "the event has no tracking number";
  } else if (told.status) {
    told.kind = event_kind::state;
  } else {
    told.kind = links_without_status(type) ? event_kind::link : event_kind::ignored;
  }
}

event read_event(const json::value& element, const std::optional<std::string>& type) {
  event told;
  told.type = type;
  json::object alone;
  if (type) alone["type"] = *type;
  alone["events"] = json::array{element};
  told.body = maystro::write_json(alone);
  const json::object* object = element.if_object();
  if (object == nullptr) {
    told.why = "the event is no JSON object";
    return told;
  }
  if (std::optional<std::string> own = first_words(*object, {"type"})) told.type = own;
  told.event_id = first_id(*object, {"event_id"});
  told.occurred_at = time_of(first_words(*object, {"occurred_at"}));
  read_fields(*object, told);
  judge(told);
  return told;
}

} // namespace

delivery decode(std::string_view body) {
  delivery read;
  result<json::value> document = maystro::parse_json(body);
  if (!document) {
    read.why = document.error().detail;
    return read;
  }
  const json::object* root = document->if_object();
  const json::value* events = root == nullptr ? nullptr : root->if_contains("events");
  const json::array* elements = events == nullptr ? nullptr : events->if_array();
  if (elements == nullptr) {
    read.why = "the body has no list of events";
    return read;
  }
  if (elements->empty()) {
    read.why = "the list of events is empty";
    return read;
  }
  std::optional<std::string> type = first_words(*root, {"type"});
  read.events.reserve(elements->size());
  for (const json::value& element : *elements) read.events.push_back(read_event(element, type));
  return read;
}

} // namespace suivi::guepex
