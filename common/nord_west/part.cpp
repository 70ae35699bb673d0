// Puts the folder's readers together.
#include "common/nord_west/part.hpp"

#include "common/nord_west/credentials.hpp"
#include "common/nord_west/meanings.hpp"
#include "common/nord_west/tracking_answer.hpp"
#include "common/shipment/courier_address.hpp"

namespace suivi::nord_west {
namespace {

courier::credentials read_account(const boost::json::object& stored, std::string_view base_url,
                                  std::string_view otherwise) {
  credentials found = read_credentials(stored);
  courier::credentials read;
  read.courier = courier_kind::nord_west;
  read.api_key = found.api_token;
  read.user = found.user_guid;
  read.base_url = first_base_address({base_url, found.base_url, otherwise});
  return read;
}

} // namespace

const courier::courier_part& part() {
  static const courier::courier_part made = [] {
    courier::courier_part p;
    p.which = courier_kind::nord_west;
    p.can.lists = p.can.registers_hooks = p.can.sends_webhooks = p.can.numbers_states = false;
    p.can.references_max = 0;
    p.can.trackings_max = trackings_per_request_max;
    p.meanings = &meanings;
    p.credential_names = credential_names;
    p.read_credentials = &read_account;
    return p;
  }();
  return made;
}

} // namespace suivi::nord_west
