// Nord West's one kind of request. Whatever it cannot do is refused here, without a request.
#include "common/nord_west/api/nord_west_api.hpp"

#include "common/json/json_fields.hpp"
#include "common/nord_west/refusal.hpp"
#include "common/nord_west/shipment.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::courier {
namespace {

constexpr std::string_view no_such_number = "suivi-test-of-the-key";

// A shop may have a number with blanks around it or in another case; the courier answers with its own
// spelling. The parcel is known here by the shop's.
void spell_as_requested(std::string& number, const std::vector<std::string>& requested) {
  if (std::ranges::find(requested, number) != requested.end()) return;
  auto same = [&](const std::string& one) { return nord_west::is_same_number(one, number); };
  auto found = std::ranges::find_if(requested, same);
  if (found != requested.end()) number = *found;
}

result<nord_west::tracking_answer> read(const std::string& body, const std::vector<std::string>& requested) {
  result<nord_west::tracking_answer> answered = nord_west::read_tracking_answer(body, requested);
  if (!answered) return transient("courier:malformed", answered.error().detail);
  for (nord_west::parcel& one : answered->parcels) spell_as_requested(one.tracking, requested);
  return answered;
}

// For the sake of a number that is none, if not of the key.
bool may_be_of_numbers(const exchanged& got) {
  return !got.body && (got.how.status == 422 || got.how.status == 404);
}

} // namespace

nord_west_api::nord_west_api(http::client& client, credentials who, milliseconds request_timeout)
    : client_(client), who_(std::move(who)), request_timeout_(request_timeout) {}

task<exchanged> nord_west_api::ask(std::vector<std::string> numbers) {
  boost::json::array trackings;
  for (const std::string& number : numbers) trackings.emplace_back(without_blanks(number));
  boost::json::object body{{"api_token", who_.api_key.reveal()},
                           {"user_guid", who_.user.reveal()},
                           {"trackings", std::move(trackings)}};
  http::client_request request;
  request.method = "POST";
  request.url = who_.base_url + "/get/trackings/info";
  request.once = true;
  request.headers = {
      {"Accept", "application/json"}, {"Accept-Encoding", "identity"}, {"Content-Type", "application/json"}};
  request.body = boost::json::serialize(body);
  exchanged got =
      co_await exchange(client_, std::move(request), request_timeout_, "parcels by tracking number");
  if (!may_be_of_numbers(got)) co_return got;
  nord_west::refusal refused = nord_west::read_refusal(got.refused_with, numbers);
  got.how.blamed = std::move(refused.numbers);
  if (!refused.of_key && numbers.size() == 1) got.how.blamed = numbers;
  if (refused.of_key)
    got.body = permanent("courier:unauthorized",
                         fmt::format("parcels by tracking number: the courier answered {}", got.how.status));
  co_return got;
}

task<answer<shipment_page>> nord_west_api::list(int) {
  co_return not_possible<shipment_page>("this courier has no list of parcels");
}

task<answer<shipment_page>> nord_west_api::list_changes(std::string, int) {
  co_return not_possible<shipment_page>("this courier has no list of changes");
}

task<answer<shipment_page>> nord_west_api::find_by_references(std::vector<std::string>, bool) {
  co_return not_possible<shipment_page>("this courier cannot be asked by reference");
}

task<answer<shipment_page>> nord_west_api::find_by_trackings(std::vector<std::string> numbers) {
  exchanged got = co_await ask(numbers);
  co_return read_answer<shipment_page>(got, [&](const std::string& body) -> result<shipment_page> {
    result<nord_west::tracking_answer> answered = read(body, numbers);
    if (!answered) return answered.error();
    shipment_page made;
    made.unreadable = answered->unreadable;
    for (const nord_west::parcel& one : answered->parcels) {
      if (!one.state) {
        ++made.unreadable;
        continue;
      }
      made.rows.push_back(nord_west::to_shipment(one, {}));
      made.rows.back().reference.reset();
    }
    return made;
  });
}

task<answer<shipment>> nord_west_api::one(std::string_view uuid) {
  std::string number(uuid);
  std::vector<std::string> numbers{number};
  exchanged got = co_await ask(numbers);
  co_return read_answer<shipment>(got, [&](const std::string& body) -> result<shipment> {
    result<nord_west::tracking_answer> answered = read(body, numbers);
    if (!answered) return answered.error();
    for (const nord_west::parcel& one : answered->parcels) {
      if (one.tracking != number || !one.state) continue;
      shipment made = nord_west::to_shipment(one, {});
      made.reference.reset();
      made.metadata.clear();
      return made;
    }
    return permanent("courier:not_found", "the courier tells no state of this tracking number");
  });
}

task<answer<bool>> nord_west_api::test_key() {
  std::vector<std::string> numbers{std::string(no_such_number)};
  exchanged got = co_await ask(numbers);
  if (may_be_of_numbers(got)) { // which is none; else nothing is left of a 422 but the key
    bool is_named = !nord_west::read_refusal(got.refused_with, numbers).numbers.empty();
    if (is_named) co_return answer<bool>{true, got.how};
    if (got.how.status == 422)
      got.body = permanent("courier:unauthorized", "a test of the key: the courier answered 422");
  }
  co_return read_answer<bool>(got, [&](const std::string& body) -> result<bool> {
    result<nord_west::tracking_answer> answered = read(body, numbers);
    if (!answered) return answered.error();
    return true;
  });
}

} // namespace suivi::courier
