// What the API prints is told from a webhook by what only the API says of an event: whether it was processed.
#include "receiver/replay/file_line.hpp"
#include "receiver/event/decode_event.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  const json::string* text = value.if_string();
  return text ? std::string(text->data(), text->size()) : json::serialize(value);
}

courier_event decode_without_body(std::string_view bytes) {
  auto e = decode_event(bytes);
  e.body.reset();
  return e;
}

// nullptr: it is none.
const json::object* as_printed_event(const result<json::value>& document) {
  const json::object* o = document ? document->if_object() : nullptr;
  if (!o || !o->contains("payload")) return nullptr;
  const json::value* processed = o->if_contains("processed");
  const json::value* outcome = o->if_contains("outcome");
  bool printed = (processed && processed->is_bool()) || (outcome && outcome->is_string());
  return printed ? o : nullptr;
}

void set_time(replay_line& line, std::optional<instant> created_at, instant now) {
  const auto& published = line.event.published_at;
  bool tells_changes = webhooks_tell_changes(line.event.shipment.courier);
  auto as_of = [&](instant received_at) {
    return tells_changes ? shop::event_time(published, received_at)
                         : shop::webhook_time(published, received_at);
  };
  if (created_at)
    line.when = as_of(*created_at);
  else if (published && as_of(now).kind != shop::as_of::shape::untimed)
    line.when = as_of(now);
  line.received_at = created_at ? created_at : published;
}

} // namespace

replay_line read_replay_line(std::string_view line, instant now) {
  replay_line read;
  auto document = parse_json(line);
  const json::object* printed = as_printed_event(document);
  if (!printed) {
    read.event = decode_without_body(line);
    const json::object* body = document ? document->if_object() : nullptr;
    auto created_at = body ? read_date(body->if_contains("createdAt")) : std::nullopt;
    set_time(read, created_at, now);
    return read;
  }
  read.event = decode_without_body(text_of(printed->at("payload")));
  if (!read.event.published_at) read.event.published_at = read_date(printed->if_contains("publishTime"));
  if (const json::value* id = printed->if_contains("id")) read.id = read_id(*id).value_or("");
  const json::value* outcome = printed->if_contains("outcome");
  if (outcome && outcome->is_string()) read.outcome = text_of(*outcome);
  set_time(read, read_date(printed->if_contains("createdAt")), now);
  return read;
}

namespace {

// A delivery of several events is a line for each.
void append_lines(std::vector<std::string>& lines, std::string text) {
  split_delivery split = split_events(text);
  if (split.bodies.size() > 1)
    std::ranges::move(split.bodies, std::back_inserter(lines));
  else
    lines.push_back(std::move(text));
}

} // namespace

std::optional<std::vector<std::string>> events_within(std::string_view text) {
  result<json::value> document = parse_json(text);
  if (!document) return std::nullopt;
  const json::array* list = document->if_array();
  const json::object* answer = document->if_object();
  const json::value* data =
      answer != nullptr && answer->contains("success") ? answer->if_contains("data") : nullptr;
  if (data != nullptr && data->is_array()) list = data->if_array();
  const json::object* inside = data != nullptr ? data->if_object() : nullptr;
  if (inside != nullptr && inside->contains("events")) list = inside->at("events").if_array();
  bool is_one = list == nullptr && inside != nullptr && inside->contains("payload");
  std::vector<std::string> lines;
  if (list != nullptr)
    for (const json::value& each : *list) append_lines(lines, write_json(each));
  else
    append_lines(lines, is_one ? write_json(*data) : std::string(text));
  if (list == nullptr && !is_one && lines.size() == 1) return std::nullopt;
  return lines;
}

bool is_unfinished_document(std::string_view line) {
  line = trimmed_text(line);
  if (!line.starts_with('{') && !line.starts_with('[')) return false;
  int depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    char c = line[at];
    if (in_text) {
      if (c == '\\') ++at;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return depth > 0 && !in_text; // a text does not go on over a line's end
}

replay_line read_legacy_row(std::string_view event_type, std::string_view payload, instant created_at) {
  replay_line read;
  if (event_type == "error") {
    auto document = parse_json(payload);
    const json::object* o = document ? document->if_object() : nullptr;
    const json::value* body = o ? o->if_contains("body") : nullptr;
    if (body)
      read.event = decode_without_body(text_of(*body));
    else
      read.event.why = "The row says that there was an error, but holds no body.";
  } else {
    read.event = decode_without_body(payload);
  }
  set_time(read, created_at, created_at);
  return read;
}

} // namespace suivi::receiver
