// Guepex's requests. Each waits for the account's quota and is sent once; a pure reader reads its answer.
#include "common/guepex/api/guepex_api.hpp"

#include "common/guepex/page.hpp"
#include "common/guepex/quota.hpp"
#include "common/guepex/shipment.hpp"
#include "common/shipment/courier_time.hpp"

#include <fmt/format.h>

namespace suivi::courier {
namespace {

constexpr request_limits limits{
    {guepex::second_max, guepex::minute_max, guepex::hour_max, guepex::day_max},
    {guepex::second_kept, guepex::minute_kept, guepex::hour_kept, guepex::day_kept}};

result<shipment_page> read_rows(const std::string& body) {
  result<guepex::page> read = guepex::read_page(body);
  if (!read) return transient("courier:malformed", read.error().detail);
  shipment_page made;
  made.rows.reserve(read->rows.size());
  for (const guepex::parcel& row : read->rows) made.rows.push_back(guepex::to_shipment(row));
  made.unreadable = read->unreadable;
  made.count = read->total;
  made.has_next = read->has_more;
  return made;
}

std::string joined(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) {
    if (!list.empty()) list += ',';
    list += http::percent_encode(value);
  }
  return list;
}

} // namespace

guepex_api::guepex_api(http::client& client, credentials who, milliseconds request_timeout,
                       std::string account, request_gate* gate)
    : client_(client), who_(std::move(who)), request_timeout_(request_timeout), account_(std::move(account)),
      gate_(gate) {}

task<exchanged> guepex_api::ask(std::string path, bool single, std::string_view description) {
  if (gate_ != nullptr) {
    auto refused = co_await gate_->admit(account_, limits, single);
    if (refused) {
      response_meta never;
      never.retry_after = refused->retry_after;
      co_return exchanged{std::move(refused->why), never, {}};
    }
  }
  http::client_request request;
  request.url = who_.base_url + path;
  request.once = true;
  // Nothing here unpacks an answer.
  request.headers = {{"X-API-ID", who_.user.reveal()},
                     {"X-API-TOKEN", who_.api_key.reveal()},
                     {"Accept", "application/json"},
                     {"Accept-Encoding", "identity"}};
  exchanged got = co_await exchange(client_, std::move(request), request_timeout_, description);
  if (gate_ != nullptr && got.how.status != 0) {
    guepex::quota left =
        guepex::read_quota([&](std::string_view name) { return http::find_header(got.headers, name); });
    request_gate::quota_answer quota{left.second, left.minute,           left.hour,
                                     left.day,    got.how.status == 429, got.how.retry_after};
    co_await gate_->note(account_, limits, quota);
  }
  co_return got;
}

task<answer<shipment_page>> guepex_api::list(int page_number) {
  auto path = fmt::format("/parcels/?page={}&page_size={}", page_number, page_rows);
  exchanged got = co_await ask(std::move(path), false, "the list of parcels");
  co_return read_answer<shipment_page>(got, &read_rows);
}

task<answer<shipment_page>> guepex_api::list_changes(std::string since_day, int page_number) {
  std::string until_day = algiers_day(now() + std::chrono::hours(24)); // a clock ahead of ours
  auto path = fmt::format("/parcels/?date_last_status={},{}&page={}&page_size={}", since_day, until_day,
                          page_number, page_rows);
  exchanged got = co_await ask(std::move(path), false, "the list of changed parcels");
  co_return read_answer<shipment_page>(got, &read_rows);
}

task<answer<shipment_page>> guepex_api::find_by_references(std::vector<std::string> references, bool single) {
  auto path = fmt::format("/parcels/?order_id={}&page_size={}", joined(references), page_rows);
  exchanged got = co_await ask(std::move(path), single, "parcels by reference");
  co_return read_answer<shipment_page>(got, &read_rows);
}

task<answer<shipment_page>> guepex_api::find_by_trackings(std::vector<std::string> numbers) {
  auto path = fmt::format("/parcels/?tracking={}&page_size={}", joined(numbers), page_rows);
  exchanged got = co_await ask(std::move(path), false, "parcels by tracking number");
  co_return read_answer<shipment_page>(got, &read_rows);
}

task<answer<shipment>> guepex_api::one(std::string_view uuid) {
  std::string tracking(uuid);
  std::string path = "/parcels/" + http::percent_encode(tracking);
  exchanged got = co_await ask(std::move(path), true, "one parcel");
  auto read = [&](const std::string& body) -> result<shipment> {
    result<guepex::parcel> found = guepex::read_one(body, tracking);
    if (found) return guepex::to_shipment(*found);
    bool absent = found.error().code == "guepex:not_found";
    return absent ? permanent("courier:not_found", found.error().detail)
                  : transient("courier:malformed", found.error().detail);
  };
  co_return read_answer<shipment>(got, read);
}

task<answer<bool>> guepex_api::test_key() {
  exchanged got = co_await ask("/wilayas/", true, "a test of the key");
  co_return read_answer<bool>(got, [](const std::string&) { return result<bool>(true); });
}

} // namespace suivi::courier
