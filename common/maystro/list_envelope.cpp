// Finds the page of orders in each envelope that lists come in.
#include "common/maystro/list_envelope.hpp"

#include "common/json/json_text.hpp"
#include "common/maystro/json_fields.hpp"
#include "common/maystro/page.hpp"

#include <array>
#include <boost/json/monotonic_resource.hpp>

namespace suivi::maystro {
namespace {

namespace json = boost::json;

// Bytes of memory for each byte of a page's text, roughly: what is missing comes in a second piece.
constexpr std::size_t arena_share = 4;

} // namespace

listing find_listing(const json::value& document) {
  if (const json::array* bare = document.if_array()) return {bare, nullptr};
  const json::object* root = document.if_object();
  if (root == nullptr) return {};
  const json::value* list = root->if_contains("list");
  if (const json::object* inner = list == nullptr ? nullptr : list->if_object())
    if (const json::value* results = inner->if_contains("results"); results != nullptr && results->is_array())
      return {results->if_array(), inner};
  if (const json::value* results = root->if_contains("results"); results != nullptr && results->is_array())
    return {results->if_array(), root};
  if (list != nullptr && list->is_array()) return {list->if_array(), root};
  return {};
}

result<shipment_page> read_page(std::string_view body) {
  json::monotonic_resource arena(arena_share * body.size() + 1); // goes with the page
  result<json::value> document = parse_json(body, half_surrogates::mend, {}, &arena);
  if (!document) return transient("courier:malformed", "a page of orders: " + document.error().detail);
  listing found = find_listing(*document);
  if (found.elements == nullptr)
    return transient("courier:malformed", "a page of orders: its JSON is no list of orders");
  shipment_page read;
  read.rows.reserve(found.elements->size());
  for (const json::value& element : *found.elements) {
    const json::object* row = element.if_object();
    shipment parcel = row == nullptr ? shipment{} : read_row(*row);
    if (parcel.has_identity() && parcel.status)
      read.rows.push_back(std::move(parcel));
    else
      ++read.unreadable;
  }
  if (found.envelope != nullptr) {
    read.count = read_count(found.envelope->if_contains("count"));
    const json::value* next = found.envelope->if_contains("next");
    read.has_next = next != nullptr && next->is_string() && !next->get_string().empty();
  }
  return read;
}

result<shipment> read_one(std::string_view body) {
  result<json::value> document = parse_json(body, half_surrogates::mend);
  if (!document) return transient("courier:malformed", "one order: " + document.error().detail);
  const json::object* root = document->if_object();
  std::array<const json::object*, 3> places{root, nullptr, nullptr};
  for (std::size_t i = 1; root != nullptr && i < places.size(); ++i)
    if (const json::value* inner = root->if_contains(i == 1 ? "data" : "order"))
      places[i] = inner->if_object();
  for (const json::object* place : places) {
    shipment parcel = place == nullptr ? shipment{} : read_row(*place);
    if (!parcel.has_identity() || !parcel.status) continue;
    parcel.metadata.clear();
    return parcel;
  }
  return transient("courier:malformed", "one order: its JSON is no order");
}

} // namespace suivi::maystro
