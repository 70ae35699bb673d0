// Absolute URLs, as a client needs them.
#pragma once

#include "common/base/error.hpp"

#include <string>
#include <string_view>

namespace suivi::http {

struct url {
  bool tls = false;
  std::string host;      // a name or an address, without brackets
  std::string port;      // decimal
  std::string authority; // what `Host:` says: brackets, and the port where it isn't the scheme's own
  std::string target;    // path and query; a fragment is dropped
};

// permanent "http:url": not absolute, neither http nor https, userinfo in it, no host, a port that is none.
// The text itself is never part of the detail, for it may hold a key.
[[nodiscard]] result<url> parse_url(std::string_view text);

} // namespace suivi::http
