// Reads the rows of histories and sorts them by their times.
#include "common/guepex/history.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace suivi::guepex {
namespace {

namespace json = boost::json;

std::optional<history_entry> read_entry(const json::value& element) {
  const json::object* row = element.if_object();
  if (row == nullptr) return std::nullopt;
  std::optional<std::string> tracking = first_id(*row, {"tracking"});
  std::optional<std::string> status_words = read_words(row->if_contains("status"));
  std::optional<std::string> time_words = read_words(row->if_contains("date_status"));
  if (!tracking || !status_words || !time_words) return std::nullopt;
  std::optional<shop_status> status = read_status(*status_words);
  std::optional<instant> at = parse_courier_time(*time_words);
  if (!status || !at) return std::nullopt;
  return history_entry{std::move(*tracking), std::move(*status), read_words(row->if_contains("reason")), *at};
}

} // namespace

result<std::vector<history_entry>> read_history(std::string_view body) {
  result<json::value> document = parse_json(body, half_surrogates::mend);
  if (!document) return transient("guepex:malformed", "histories: " + document.error().detail);
  const json::object* root = document->if_object();
  const json::value* data = root == nullptr ? nullptr : root->if_contains("data");
  if (data == nullptr || !data->is_array())
    return transient("guepex:malformed", "histories: its JSON is no list");
  std::vector<history_entry> entries;
  for (const json::value& element : data->get_array())
    if (std::optional<history_entry> one = read_entry(element)) entries.push_back(std::move(*one));
  return entries;
}

const history_entry* latest_entry(const std::vector<history_entry>& entries, std::string_view tracking) {
  const history_entry* first = nullptr;
  const history_entry* last = nullptr;
  for (const history_entry& entry : entries) {
    if (entry.tracking != tracking) continue;
    if (first == nullptr) first = &entry;
    last = &entry;
  }
  bool rises = first != nullptr && first->at < last->at;
  const history_entry* latest = nullptr;
  for (const history_entry& entry : entries) {
    if (entry.tracking != tracking) continue;
    if (latest == nullptr || entry.at > latest->at || (rises && entry.at == latest->at)) latest = &entry;
  }
  return latest;
}

} // namespace suivi::guepex
