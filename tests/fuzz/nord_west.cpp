// Nord West's answers: every element is counted, a state is no older than any other, and what is kept is JSON
// again.
#include "common/nord_west/refusal.hpp"
#include "common/nord_west/tracking_answer.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_time.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <vector>

namespace suivi::fuzz {
namespace {

using namespace suivi::nord_west;

void check_parcel(const parcel& one) {
  require(!one.tracking.empty() && one.tracking.find('\0') == std::string::npos,
          "a tracking number is storable");
  require(one.state.has_value() == one.state_at.has_value(), "a state has a time");
  if (one.state) {
    require(!one.state->text.empty() && is_utf8(one.state->text), "a state is text");
    require(one.state->says_where, "a state says where the parcel is");
  }
  if (one.metadata.empty()) return;
  auto kept = parse_json(one.metadata);
  require(kept.has_value() && kept->is_object(), "metadata is a JSON object");
  for (const char* name : {"client", "phone", "phone_2", "adresse", "remarque"})
    require(!kept->get_object().contains(name), "persons are not kept");
}

// Every entry of a parcel's, in the list's order.
std::vector<const boost::json::object*> entries_of(const boost::json::value& element) {
  std::vector<const boost::json::object*> entries;
  auto* object = element.if_object();
  auto* activity = object == nullptr ? nullptr : object->if_contains("activity");
  if (activity == nullptr) return entries;
  if (activity->is_array())
    for (const auto& one : activity->get_array()) entries.push_back(one.if_object());
  if (activity->is_object())
    for (const auto& one : activity->get_object()) entries.push_back(one.value().if_object());
  std::erase(entries, nullptr);
  return entries;
}

// All entries that say where the parcel is are sorted, instead of being compared in passing.
void check_state(const parcel& one, const boost::json::value& element) {
  std::multimap<instant, std::string> places; // equals in the order of the list
  for (const boost::json::object* entry : entries_of(element)) {
    auto words = [&](const char* name) { return read_words(entry->if_contains(name)); };
    auto at = words("date") ? parse_courier_time(*words("date")) : std::nullopt;
    auto event = read_event(words("event_key").value_or(""), words("event").value_or(""));
    if (at && event && event->says_where) places.emplace(*at, event->text);
  }
  require(one.state.has_value() == !places.empty(), "a parcel with a place has a state");
  if (places.empty()) return;
  require(one.state_at == places.rbegin()->first && one.state->text == places.rbegin()->second,
          "the state is the newest place, of equals the later in the list");
}

void check_refusal(std::string_view bytes) {
  static const std::vector<std::string> requested{"ECS1", "ECS17", " ecs2 "};
  refusal read = read_refusal(bytes, requested);
  require(!read.of_key || read.numbers.empty(), "what the key is to blame for no number is");
  for (const std::string& number : read.numbers)
    require(std::ranges::find(requested, number) != requested.end(), "only what was asked for is blamed");
}

} // namespace

void one_input(std::string_view bytes) {
  if (auto event = read_event(bytes, bytes)) require(!event->text.empty(), "an event has a text");
  check_refusal(bytes);
  auto read = read_tracking_answer(bytes);
  if (!read) return;
  for (const parcel& one : read->parcels) check_parcel(one);
  auto document = parse_json(bytes, half_surrogates::mend);
  std::size_t elements = document->is_object() ? document->get_object().size() : 0;
  require(read->parcels.size() + read->unreadable == elements, "every element is counted");
  std::size_t next = 0; // parcels are in the answer's order
  if (document->is_object())
    for (const auto& member : document->get_object()) {
      if (next == read->parcels.size() || read->parcels[next].tracking != member.key()) continue;
      check_state(read->parcels[next++], member.value());
    }
}

} // namespace suivi::fuzz
