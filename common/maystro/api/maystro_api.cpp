// Maystro's requests. Each is built at its call and sent once; a pure reader reads its answer.
#include "common/maystro/api/maystro_api.hpp"

#include "common/courier/exchange.hpp"
#include "common/maystro/page.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <fmt/format.h>

namespace suivi::courier {
namespace {

template <class T>
using reader = result<T> (*)(std::string_view body);

result<bool> nothing_to_read(std::string_view) {
  return true;
}

// `description` names the request for people and is a literal: it lives as long as the program.
template <class T>
task<answer<T>> ask(http::client& client, http::client_request request, milliseconds timeout,
                    std::string_view description, reader<T> read) {
  exchanged got = co_await exchange(client, std::move(request), timeout, description);
  co_return read_answer<T>(got, read);
}

// The courier's ids were numbers once and are uuids now; what looks like a number is sent as one.
boost::json::value id_value(std::string_view id) {
  std::int64_t number = 0;
  auto [end, problem] = std::from_chars(id.data(), id.data() + id.size(), number);
  bool whole = problem == std::errc() && end == id.data() + id.size() && id == fmt::format("{}", number);
  if (whole) return number;
  return boost::json::string(id);
}

} // namespace

maystro_api::maystro_api(http::client& client, credentials who, milliseconds request_timeout)
    : client_(client), who_(std::move(who)), request_timeout_(request_timeout) {}

http::client_request maystro_api::request(std::string_view method, std::string_view path) const {
  http::client_request r;
  r.method = method;
  r.url = who_.base_url + std::string(path);
  r.once = true;
  // Nothing here unpacks an answer.
  r.headers = {{"Authorization", "Token " + who_.api_key.reveal()},
               {"Accept", "application/json"},
               {"Accept-Encoding", "identity"}};
  return r;
}

task<answer<shipment_page>> maystro_api::list(int page_number) {
  auto r = request("GET", fmt::format("/api/stores/orders/?page={}", page_number));
  return ask<shipment_page>(client_, std::move(r), request_timeout_, "the list of orders",
                            &maystro::read_page);
}

task<answer<shipment_page>> maystro_api::find_by_reference(std::string_view reference) {
  auto r = request("GET", "/api/stores/orders/?external_order_id=" + http::percent_encode(reference));
  return ask<shipment_page>(client_, std::move(r), request_timeout_, "an order by reference",
                            &maystro::read_page);
}

task<answer<shipment_page>> maystro_api::list_changes(std::string, int) {
  co_return not_possible<shipment_page>("this courier has no list of changes");
}

task<answer<shipment_page>> maystro_api::find_by_references(std::vector<std::string> references, bool) {
  if (references.size() != 1)
    co_return not_possible<shipment_page>("this courier takes one reference at a time");
  const std::string only = std::move(references.front());
  answer<shipment_page> found = co_await find_by_reference(only);
  co_return found;
}

task<answer<shipment_page>> maystro_api::find_by_trackings(std::vector<std::string>) {
  co_return not_possible<shipment_page>("this courier cannot be asked by tracking number");
}

task<answer<bool>> maystro_api::test_key() {
  answer<shipment_page> first = co_await list(1);
  if (!first.content) co_return answer<bool>{first.content.error(), first.how};
  co_return answer<bool>{true, first.how};
}

task<answer<shipment>> maystro_api::one(std::string_view uuid) {
  auto r = request("GET", "/api/stores/orders/" + http::percent_encode(uuid) + "/");
  return ask<shipment>(client_, std::move(r), request_timeout_, "one order", &maystro::read_one);
}

task<answer<std::vector<hook_type>>> maystro_api::hook_types() {
  auto r = request("GET", "/api/stores/hooks/types/");
  return ask<std::vector<hook_type>>(client_, std::move(r), request_timeout_, "the list of hook types",
                                     &maystro::read_hook_types);
}

task<answer<std::vector<hook>>> maystro_api::hooks() {
  auto r = request("GET", "/api/stores/hooks/costume/"); // the courier's own spelling of "custom"
  return ask<std::vector<hook>>(client_, std::move(r), request_timeout_, "the list of hooks",
                                &maystro::read_hooks);
}

task<answer<hook>> maystro_api::add_hook(std::string_view endpoint, std::string_view trigger_type_id) {
  boost::json::object body{{"endpoint", boost::json::string(endpoint)},
                           {"trigger_type_id", id_value(trigger_type_id)}};
  auto r = request("POST", "/api/stores/hooks/costume/");
  r.headers.emplace_back("Content-Type", "application/json");
  r.body = boost::json::serialize(body);
  return ask<hook>(client_, std::move(r), request_timeout_, "a new hook", &maystro::read_hook);
}

task<answer<bool>> maystro_api::remove_hook(std::string_view id) {
  auto r = request("DELETE", "/api/stores/hooks/costume/" + http::percent_encode(id) + "/");
  return ask<bool>(client_, std::move(r), request_timeout_, "a hook's removal", &nothing_to_read);
}

task<answer<bool>> maystro_api::test_hooks() {
  auto r = request("POST", "/api/stores/hooks/test/request/");
  return ask<bool>(client_, std::move(r), request_timeout_, "a test message", &nothing_to_read);
}

} // namespace suivi::courier
