// A courier account's address and key, as people paste them, into what requests need.
#pragma once

#include <string>
#include <string_view>

namespace suivi::maystro {

// `https://host/api/`, `host` and all between become `https://host`; a text without scheme gets https. Scheme
// and host in lower case, query and fragment dropped, another path kept. Empty where no host is left.
[[nodiscard]] std::string normalize_base_url(std::string_view text);
// `Token abc`, `token abc`, ` abc ` → `abc`. Control characters are dropped: they would break the request's
// head.
[[nodiscard]] std::string normalize_api_key(std::string_view text);

} // namespace suivi::maystro
