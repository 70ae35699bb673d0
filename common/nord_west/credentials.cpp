// The first spelling that holds something counts.
#include "common/nord_west/credentials.hpp"

#include "common/json/json_fields.hpp"
#include "common/shipment/courier_address.hpp"

namespace suivi::nord_west {

credentials read_credentials(const boost::json::object& from) {
  credentials read;
  read.api_token = secret(pasted_key(first_id(from, {"apiToken", "api_token"}).value_or("")));
  read.user_guid = secret(pasted_key(first_id(from, {"userGuid", "user_guid"}).value_or("")));
  read.base_url = base_address(first_id(from, {"baseUrl"}).value_or(""));
  return read;
}

} // namespace suivi::nord_west
