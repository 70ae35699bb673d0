// The courier's API: requests built, answers read and classified. One try each, on the wire once; pace and
// retries are the caller's.
//
// Errors beside http/client.hpp's: "maystro:unauthorized" (401, 403; permanent), "maystro:not_found" (404;
// permanent), "maystro:throttled" (429; transient, retry_after set if the courier said it), "maystro:server"
// (5xx, 408, 425; transient), "maystro:malformed" (2xx that is not the expected JSON; transient),
// "maystro:refused" (the rest, redirects among it; permanent). No error text holds a key, a webhook address
// or the answer's body.
#pragma once

#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/courier/response_meta.hpp"
#include "common/http/client.hpp"
#include "common/maystro/address.hpp"
#include "common/maystro/hook.hpp"
#include "common/maystro/page.hpp"

#include <string>
#include <vector>

namespace suivi::maystro {

struct credentials {
  std::string base_url; // normalised
  secret api_key;       // normalised
};

template <class T>
struct answer {
  result<T> content;
  response_meta how;
};

// Arguments are copied before the first suspension; the client must outlive every call.
class api {
 public:
  api(http::client& client, credentials who, milliseconds request_timeout);

  task<answer<page>> list(int page_number);
  // The list filtered by reference. The courier may ignore the filter: compare `reference` of each row.
  task<answer<page>> find_by_reference(std::string_view reference);
  task<answer<shipment>> one(std::string_view uuid);

  task<answer<std::vector<hook_type>>> hook_types();
  task<answer<std::vector<hook>>> hooks();
  task<answer<hook>> add_hook(std::string_view endpoint, std::string_view trigger_type_id);
  // True; whatever is not a success is an error ("maystro:not_found": there is no such hook any more).
  task<answer<bool>> remove_hook(std::string_view id);
  // Asks the courier to send a test message to every hook.
  task<answer<bool>> test_hooks();

 private:
  [[nodiscard]] http::client_request request(std::string_view method, std::string_view path) const;

  http::client& client_;
  credentials who_;
  milliseconds request_timeout_;
};

} // namespace suivi::maystro
