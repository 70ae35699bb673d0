// Reads Guepex's list pages and its answers for one parcel.
#include "common/guepex/page.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>

namespace suivi::guepex {
namespace {

namespace json = boost::json;

// Bytes of memory for each byte of a page's text, roughly: what is missing comes in a second piece.
constexpr std::size_t arena_share = 4;

// `true`, or what PHP makes of it.
bool is_true(const json::value* value) {
  if (value == nullptr) return false;
  if (const bool* b = value->if_bool()) return *b;
  std::optional<std::string> text = read_id(*value);
  return text && (*text == "1" || *text == "true");
}

// PHP writes a list with a gap as an object.
std::optional<std::vector<const json::value*>> rows_of(const json::value& document) {
  const json::object* root = document.if_object();
  const json::value* data = root == nullptr ? nullptr : root->if_contains("data");
  std::vector<const json::value*> rows;
  if (data != nullptr && data->is_array()) {
    for (const json::value& row : data->get_array()) rows.push_back(&row);
    return rows;
  }
  if (data == nullptr || !data->is_object()) return std::nullopt;
  for (const json::key_value_pair& member : data->get_object()) {
    if (!member.value().is_object()) return std::nullopt;
    rows.push_back(&member.value());
  }
  return rows.empty() ? std::nullopt : std::optional(std::move(rows));
}

} // namespace

result<page> read_page(std::string_view body) {
  json::monotonic_resource arena(arena_share * body.size() + 1); // goes with the page
  result<json::value> document = parse_json(body, half_surrogates::mend, {}, &arena);
  if (!document) return transient("guepex:malformed", "a page of parcels: " + document.error().detail);
  std::optional<std::vector<const json::value*>> elements = rows_of(*document);
  if (!elements) return transient("guepex:malformed", "a page of parcels: its JSON is no list of parcels");
  page read;
  read.rows.reserve(elements->size());
  for (const json::value* element : *elements) {
    const json::object* row = element->if_object();
    std::optional<parcel> one = row == nullptr ? std::nullopt : read_parcel(*row);
    if (one && one->status)
      read.rows.push_back(std::move(*one));
    else
      ++read.unreadable;
  }
  const json::object& root = document->get_object();
  read.total = read_count(root.if_contains("total_data"));
  read.has_more = is_true(root.if_contains("has_more"));
  return read;
}

result<parcel> read_one(std::string_view body, std::string_view tracking) {
  result<json::value> document = parse_json(body, half_surrogates::mend);
  if (!document) return transient("guepex:malformed", "one parcel: " + document.error().detail);
  const json::object* root = document->if_object();
  if (root == nullptr) return transient("guepex:malformed", "one parcel: its JSON is no parcel");
  std::optional<std::vector<const json::value*>> elements = rows_of(*document);
  if (elements && elements->empty())
    return permanent("guepex:not_found", "one parcel: the courier has none with this tracking number");
  auto requested_parcel = [&](const json::object& row) -> std::optional<parcel> {
    std::optional<parcel> one = read_parcel(row);
    if (!one || one->tracking != tracking || !one->status) return std::nullopt;
    one->metadata.clear();
    return one;
  };
  if (!elements) {
    const json::value* data = root->if_contains("data");
    const json::object* alone = data == nullptr ? nullptr : data->if_object();
    if (std::optional<parcel> one = requested_parcel(alone == nullptr ? *root : *alone))
      return std::move(*one);
  } else {
    for (const json::value* element : *elements)
      if (const json::object* row = element->if_object())
        if (std::optional<parcel> one = requested_parcel(*row)) return std::move(*one);
  }
  return transient("guepex:malformed", "one parcel: its JSON is not the parcel that was asked for");
}

} // namespace suivi::guepex
