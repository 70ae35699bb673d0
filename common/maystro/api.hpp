// The courier's API: requests built, answers read and classified. One try each; pace and retries are the caller's.
//
// Errors beside http/client.hpp's: "maystro:unauthorized" (401, 403; permanent), "maystro:not_found" (404; permanent),
// "maystro:throttled" (429; transient, retry_after set if the courier said it), "maystro:server" (5xx, transient),
// "maystro:malformed" (2xx that is not the expected JSON; transient), "maystro:refused" (other 4xx; permanent).
#pragma once

#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/http/client.hpp"
#include "common/maystro/shipment.hpp"

#include <string>
#include <vector>

namespace suivi::maystro {

// `https://host/api/`, `host` and all between become `https://host`; a text without scheme gets https.
[[nodiscard]] std::string normalise_base_url(std::string_view text);
// `Token abc`, `token abc`, ` abc ` → `abc`.
[[nodiscard]] std::string normalise_api_key(std::string_view text);

struct credentials {
  std::string base_url; // normalised
  secret api_key;       // normalised
};

// When and how an answer was had, beside its content.
struct reading {
  instant asked_at;   // our clock when the request was sent
  instant answered_at; // … when the answer had arrived
  std::optional<instant> server_date; // the answer's Date
  unsigned status = 0;                // 0: no HTTP answer
  std::optional<milliseconds> retry_after; // 429 and 503, seconds or date; never negative
};

struct page {
  std::vector<shipment> rows;
  std::size_t unreadable = 0;         // elements that are no object, or rows without identity or status
  std::optional<std::int64_t> count;  // as the courier counts; absurd values (negative) are absent
  bool has_next = false;              // `next` is a text; never followed
};

// Pure: the four envelopes `list.results`, `results`, `list` as array, bare array.
[[nodiscard]] result<page> read_page(std::string_view body);

template <class T> struct answer {
  result<T> content;
  reading how;
};

struct hook {
  std::string id;
  std::string endpoint;
  std::vector<std::string> trigger_ids;
};

struct hook_type {
  std::string id;
  std::string name;
};

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
  task<answer<bool>> remove_hook(std::string_view id);
  task<answer<bool>> test_hooks();

 private:
  http::client& client_;
  credentials who_;
  milliseconds request_timeout_;
};

} // namespace suivi::maystro
