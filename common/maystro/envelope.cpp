// Peels a webhook: text to JSON, JSON to the event in it, event to the order in it. Every loop is bounded:
// three unwrappings of a text, three envelopes in one another, JSON nested 32 deep and of a bounded size.
#include "common/maystro/envelope.hpp"

#include "common/base/utf8.hpp"
#include "common/compression/inflate.hpp"
#include "common/crypto/crypto.hpp"
#include "common/json/json_text.hpp"
#include "common/maystro/form.hpp"
#include "common/maystro/json_fields.hpp"
#include "common/maystro/order_locator.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <exception>
#include <fmt/format.h>

namespace suivi::maystro {
namespace {

namespace json = boost::json;

constexpr int max_unwrappings = 3;
constexpr std::size_t max_envelopes = 3;
constexpr std::size_t max_message_id_bytes = 256;
constexpr std::size_t arena_bytes = 8 * 1024; // enough for nearly every webhook

// Base64 may be broken into lines, and the lines set in.
std::string without_spaces(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  for (char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') compact += c;
  return compact;
}

bool holds_spaces(std::string_view text) {
  bool any = false;
  for (char c : text) any |= static_cast<unsigned char>(c) <= ' '; // all of it: many at a time
  return any;
}

std::optional<std::string> without_base64(std::string_view text) {
  return holds_spaces(text) ? crypto::base64_decode(without_spaces(text)) : crypto::base64_decode(text);
}

// A list of exactly one event is that event.
void take_only_element(json::value& of) {
  json::array* list = of.if_array();
  if (list == nullptr || list->size() != 1) return;
  json::value only = std::move(list->front());
  of = std::move(only);
}

// The JSON in `text`, which may be JSON, a form with a payload, a JSON string or base64 of either, up to
// three times over. Nearly any word is base64 of some noise, so only text that starts like JSON is blamed for
// its own mistakes.
result<json::value> unwrap(std::string_view text, const json::storage_ptr& where) {
  std::string held;
  for (int unwrapped = 0;; ++unwrapped) {
    result<json::value> parsed = parse_json(text, half_surrogates::fail, event_limits, where);
    if (parsed) take_only_element(*parsed);
    if (parsed && !parsed->is_string()) return parsed;
    if (parsed) {
      if (unwrapped == max_unwrappings) return permanent("wrapped", "it is wrapped more than three times");
      const json::string& inner = parsed->get_string();
      held = std::string(inner.data(), inner.size());
    } else {
      std::string_view trimmed = trimmed_text(text);
      if (std::optional<json::object> form = read_form(trimmed)) return json::value(std::move(*form));
      std::optional<std::string> bytes;
      if (unwrapped < max_unwrappings) bytes = without_base64(trimmed);
      if (!bytes || bytes->empty()) {
        bool json_like = trimmed.find_first_of("{[\"-0123456789") == 0;
        bool own_mistake =
            json_like || trimmed.empty() || (unwrapped == 0 && parsed.error().code != "json:syntax");
        if (own_mistake) return parsed.error();
        return permanent("json:syntax", "it is neither JSON nor base64 of JSON");
      }
      held = std::move(*bytes);
    }
    text = held;
  }
}

void read_message_ids(const json::object& from, event& e) {
  for (std::string_view name : {"messageId", "message_id"}) {
    const json::value* value = from.if_contains(name);
    std::optional<std::string> id = value == nullptr ? std::nullopt : read_id(*value);
    if (id && id->size() <= max_message_id_bytes && !e.message_id) e.message_id = std::move(id);
  }
  for (std::string_view name : {"publishTime", "publish_time"})
    if (!e.published_at) e.published_at = read_date(from.if_contains(name));
}

bool is_whole_event(const json::object& inner) {
  for (std::string_view name : {"event", "trigger_type", "payload", "data", "message"})
    if (inner.if_contains(name) != nullptr) return true;
  const json::value* order = inner.if_contains("order");
  return order != nullptr && order->is_object();
}

// What peeling leaves: objects from the outermost to the event itself.
struct peeled {
  std::vector<json::value> layers; // all objects
  std::string why;                 // why a wrapped text could not be read, if one could not
};

// One envelope off `layers.back()`. False when there is none left, or it cannot be taken off (`why`).
bool peel(peeled& from, event& e) {
  json::object& outer = from.layers.back().get_object();
  read_message_ids(outer, e);
  json::value* message = outer.if_contains("message");
  if (json::object* wrapper = message == nullptr ? nullptr : message->if_object()) {
    json::value* content = wrapper->if_contains("data");
    if (content != nullptr) {
      read_message_ids(*wrapper, e);
      if (content->is_object()) {
        json::value inner(*content);
        from.layers.push_back(std::move(inner));
        return true;
      }
      if (!content->is_string()) {
        from.why = "its message.data is no text";
        return false;
      }
      result<json::value> inner =
          unwrap({content->get_string().data(), content->get_string().size()}, content->storage());
      if (inner && inner->is_object()) {
        from.layers.push_back(std::move(*inner));
        return true;
      }
      from.why = inner ? "its message.data holds no object"
                       : "its message.data cannot be decoded: " + inner.error().detail;
      return false;
    }
  }
  for (std::string_view name : {"data", "payload"}) {
    json::value* content = outer.if_contains(name);
    if (content != nullptr) take_only_element(*content);
    if (content == nullptr || !content->is_string()) continue;
    result<json::value> inner =
        unwrap({content->get_string().data(), content->get_string().size()}, content->storage());
    if (!inner || !inner->is_object()) {
      from.why = inner ? fmt::format("its {} holds no object", name)
                       : fmt::format("its {} cannot be decoded: {}", name, inner.error().detail);
      continue;
    }
    from.why.clear();
    if (is_whole_event(inner->get_object())) {
      from.layers.push_back(std::move(*inner));
      return true;
    }
    *content = std::move(*inner); // the order alone: it takes its text's place, beside the event's name
    return false;
  }
  return false;
}

bool is_inventory_movement(std::string_view name) {
  std::string letters;
  for (char c : name)
    if (c != '_' && c != '-' && c != ' ') letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return letters == "inventorymovement";
}

std::string fault_of(const found_order& found, const peeled& layers) {
  if (!layers.why.empty()) return fmt::format("The body has an envelope, but {}.", layers.why);
  if (found.identity_without_status) return "The order in it has no usable status.";
  return "There is no order in it: no id, number or reference that would name one.";
}

void understand(std::string_view bytes, event& e) {
  // All of its JSON in one piece of memory, which goes with the last value in it.
  auto where = json::make_shared_resource<json::monotonic_resource>(arena_bytes);
  result<json::value> document = unwrap(bytes, where);
  if (!document) {
    e.why = fmt::format("The body cannot be decoded: {}.", document.error().detail);
    return;
  }
  if (!document->is_object()) {
    e.why = document->is_array() ? "The body is a list, not one event."
                                 : "The body is a single value, not an event.";
    e.body = std::move(*document);
    return;
  }
  peeled from;
  from.layers.reserve(max_envelopes + 1);
  from.layers.push_back(std::move(*document));
  while (peel(from, e))
    if (from.layers.size() > max_envelopes) break;

  std::vector<const json::object*> layers;
  layers.reserve(from.layers.size());
  for (const json::value& layer : from.layers) layers.push_back(layer.if_object());
  found_order found = locate_order(layers);
  e.name = std::move(found.name);
  if (found.shipment) {
    e.kind = event_kind::order;
    e.shipment = std::move(*found.shipment);
  } else if (from.why.empty() && e.name && is_inventory_movement(*e.name)) {
    e.kind = event_kind::ignored;
  } else {
    e.why = fault_of(found, from);
  }
  e.body = std::move(from.layers.back());
}

} // namespace

event decode(std::string_view bytes, std::size_t unpacked_bytes_max) {
  event e;
  try {
    bool packed = looks_compressed(bytes) || !is_utf8(bytes);
    result<std::string> plain =
        packed ? inflated(bytes, unpacked_bytes_max) : result<std::string>(std::string());
    bool too_large = !plain && plain.error().code == "inflate:too_large";
    e.too_large_unpacked = too_large;
    if (too_large)
      e.why = fmt::format("The body cannot be decoded: {}.", plain.error().detail);
    else
      understand(packed && plain ? std::string_view(*plain) : bytes, e);
  } catch (const std::exception&) { // no memory for it
    e = event{};
    e.why = "The body is too large to be read.";
  }
  return e;
}

} // namespace suivi::maystro
