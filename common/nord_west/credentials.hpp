// What a Nord West account's `credentials` hold, in the spellings that shops use.
#pragma once

#include "common/base/secret.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace suivi::nord_west {

// For people.
inline constexpr std::string_view credential_names = "credentials under `apiToken` and `userGuid`";

struct credentials {
  secret api_token;     // apiToken, api_token
  secret user_guid;     // userGuid, user_guid
  std::string base_url; // baseUrl; empty where there is none
};

// Missing ones are empty. Pure.
[[nodiscard]] credentials read_credentials(const boost::json::object& from);

} // namespace suivi::nord_west
