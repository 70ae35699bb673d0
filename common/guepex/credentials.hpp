// What a Guepex account's `credentials` hold, in the spellings that shops use.
#pragma once

#include "common/base/secret.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace suivi::guepex {

// For people.
inline constexpr std::string_view credential_names = "credentials under `apiId` and `apiToken`";

struct credentials {
  secret api_id;         // apiId, api_id, X-API-ID
  secret api_token;      // apiToken, api_token, X-API-TOKEN
  secret webhook_secret; // webhookSecret, webhook_secret
  std::string base_url;  // baseUrl; empty where there is none
};

// Missing ones are empty. Pure.
[[nodiscard]] credentials read_credentials(const boost::json::object& from);

} // namespace suivi::guepex
