// The first spelling that holds something counts.
#include "common/guepex/credentials.hpp"

#include "common/json/json_fields.hpp"
#include "common/shipment/courier_address.hpp"

namespace suivi::guepex {

credentials read_credentials(const boost::json::object& from) {
  credentials read;
  read.api_id = secret(pasted_key(first_id(from, {"apiId", "api_id", "X-API-ID"}).value_or("")));
  read.api_token = secret(pasted_key(first_id(from, {"apiToken", "api_token", "X-API-TOKEN"}).value_or("")));
  read.webhook_secret = secret(pasted_key(first_id(from, {"webhookSecret", "webhook_secret"}).value_or("")));
  read.base_url = base_address(first_id(from, {"baseUrl"}).value_or(""));
  return read;
}

} // namespace suivi::guepex
