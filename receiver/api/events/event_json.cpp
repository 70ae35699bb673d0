// Writes webhook events as JSON.
#include "receiver/api/events/event_json.hpp"
#include "receiver/event/decode_event.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "common/shipment/courier_event.hpp"
#include "receiver/api/redaction/order_columns.hpp"
#include "receiver/api/redaction/redaction.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cmath>
#include <map>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::size_t shown_unpacked_bytes_max = 1024 * 1024;

template <class Key>
std::vector<std::pair<Key, std::int64_t>> most_first(const std::map<Key, std::int64_t>& counts) {
  std::vector<std::pair<Key, std::int64_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

// Beside the events, of which it may say nothing that the event's own type does not.
bool has_type(const std::optional<json::value>& body, const std::optional<std::string>& type) {
  const json::object* root = body ? body->if_object() : nullptr;
  const json::value* stated = root == nullptr ? nullptr : root->if_contains("type");
  return stated != nullptr && stated->is_string() && type && stated->get_string() == *type;
}

} // namespace

json::object event_json(const event_summary& e, bool with_payload, const event_origins& origins) {
  const event_sender* sender = sender_of(origins, e.account, e.name);
  json::object o;
  o["id"] = std::to_string(e.id);
  o["messageId"] = or_null(shown_message_id(e.message_id));
  o["source"] = sender == nullptr ? event_source(couriers.front()) : sender->source;
  o["eventType"] = or_null(sender == nullptr ? shown_event_type(e.name) : shown_type_of_signed(e.name));
  if (with_payload) {
    std::optional<json::value> body;
    if (!e.is_cut) body = decode_event(e.raw, shown_unpacked_bytes_max).body;
    bool shows_type = sender != nullptr && has_type(body, e.name);
    o["payload"] = redacted_payload(e.raw, std::move(body));
    if (shows_type) o["payload"].as_object()["type"] = o["eventType"];
  }
  o["processed"] = is_processed(e.outcome);
  o["outcome"] = e.outcome;
  o["error"] = or_null(e.error);
  o["createdAt"] = format_instant(e.received_at);
  o["order"] = nullptr;
  if (e.order)
    o["order"] = json::object{{"id", e.order->id},
                              {"reference", e.order->reference},
                              {"status", e.order->status},
                              {"shippingStatus", shown_column("shippingStatus", e.order->shipping_status)}};
  return o;
}

json::object pagination_json(const event_query& q, const event_page& page) {
  if (q.by_cursor) {
    json::object o{{"limit", q.limit}, {"next", nullptr}};
    if (page.next) o["next"] = write_cursor(paged_list::events, *page.next);
    return o;
  }
  std::int64_t total = page.total;
  std::int64_t pages = (total + q.limit - 1) / q.limit;
  return {{"currentPage", q.page}, {"totalPages", pages},       {"totalCount", total},
          {"limit", q.limit},      {"hasNext", q.page < pages}, {"hasPrev", q.page > 1}};
}

json::object stats_json(std::span<const event_count> counts, std::string_view period) {
  std::int64_t total = 0;
  std::int64_t processed = 0;
  std::int64_t failed = 0;
  std::map<std::optional<std::string>, std::int64_t> by_name;
  std::map<std::string, std::int64_t> by_outcome;
  for (const auto& c : counts) {
    total += c.count;
    if (is_processed(c.outcome)) processed += c.count;
    if (c.outcome == "failed" || c.outcome == "quarantined" || c.outcome == "conflict") failed += c.count;
    by_name[c.is_signed ? shown_type_of_signed(c.name) : shown_event_type(c.name)] += c.count;
    by_outcome[c.outcome] += c.count;
  }
  json::array names;
  std::erase_if(by_name, [](const auto& one) { return one.second <= 0; });
  std::erase_if(by_outcome, [](const auto& one) { return one.second <= 0; });
  for (const auto& [name, count] : most_first(by_name))
    names.push_back({{"eventType", or_null(name)}, {"count", count}});
  json::array outcomes;
  for (const auto& [outcome, count] : most_first(by_outcome))
    outcomes.push_back({{"outcome", outcome}, {"count", count}});
  json::object o;
  o["totalEvents"] = total;
  o["processedEvents"] = processed;
  o["failedEvents"] = failed;
  o["successRate"] =
      total == 0 ? 100 : std::llround(static_cast<double>(processed) * 100 / static_cast<double>(total));
  o["eventsByType"] = std::move(names);
  o["eventsByOutcome"] = std::move(outcomes);
  o["period"] = period;
  return o;
}

} // namespace suivi::receiver
