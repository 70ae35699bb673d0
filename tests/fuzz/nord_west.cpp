// Nord West's answers: every element is counted, a state is no older than any other, and what is kept is JSON
// again.
#include "common/nord_west/tracking_answer.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_text.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

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

} // namespace

void one_input(std::string_view bytes) {
  if (auto event = read_event(bytes, bytes)) require(!event->text.empty(), "an event has a text");
  auto read = read_tracking_answer(bytes);
  if (!read) return;
  for (const parcel& one : read->parcels) check_parcel(one);
  auto document = parse_json(bytes, half_surrogates::mend);
  std::size_t elements = document->is_object() ? document->get_object().size() : 0;
  require(read->parcels.size() + read->unreadable == elements, "every element is counted");
}

} // namespace suivi::fuzz
