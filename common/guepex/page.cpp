// Reads Guepex's list pages and its answers for one parcel.
#include "common/guepex/page.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"

#include <boost/json/array.hpp>

namespace suivi::guepex {
namespace {

namespace json = boost::json;

// `true`, or what PHP makes of it.
bool is_true(const json::value* value) {
  if (value == nullptr) return false;
  if (const bool* b = value->if_bool()) return *b;
  std::optional<std::string> text = read_id(*value);
  return text && (*text == "1" || *text == "true");
}

const json::array* rows_of(const json::value& document) {
  const json::object* root = document.if_object();
  const json::value* data = root == nullptr ? nullptr : root->if_contains("data");
  return data == nullptr ? nullptr : data->if_array();
}

} // namespace

result<page> read_page(std::string_view body) {
  result<json::value> document = parse_json(body, half_surrogates::mend);
  if (!document) return transient("guepex:malformed", "a page of parcels: " + document.error().detail);
  const json::array* elements = rows_of(*document);
  if (elements == nullptr)
    return transient("guepex:malformed", "a page of parcels: its JSON is no list of parcels");
  page read;
  read.rows.reserve(elements->size());
  for (const json::value& element : *elements) {
    const json::object* row = element.if_object();
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
  const json::array* elements = rows_of(*document);
  if (elements != nullptr && elements->empty())
    return permanent("guepex:not_found", "one parcel: the courier has none with this tracking number");
  auto requested_parcel = [&](const json::object& row) -> std::optional<parcel> {
    std::optional<parcel> one = read_parcel(row);
    if (!one || one->tracking != tracking || !one->status) return std::nullopt;
    one->metadata.clear();
    return one;
  };
  if (elements == nullptr) {
    if (std::optional<parcel> one = requested_parcel(*root)) return std::move(*one);
  } else {
    for (const json::value& element : *elements)
      if (const json::object* row = element.if_object())
        if (std::optional<parcel> one = requested_parcel(*row)) return std::move(*one);
  }
  return transient("guepex:malformed", "one parcel: its JSON is not the parcel that was asked for");
}

} // namespace suivi::guepex
