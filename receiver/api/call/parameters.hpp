// What an operator's request says, read strictly: a value that means nothing is an error that names its
// parameter
// (`detail` is the whole sentence). Pure: `now` is an argument.
//
// A typed parameter that is there must hold a value; an empty filter by text is none.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/http/message/message.hpp"
#include "receiver/api/call/event_origins.hpp"
#include "receiver/api/call/list_cursor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

struct event_filter {
  std::optional<std::string> source; // as the API calls it
  event_origins origins;             // not asked for: filled in where the source matters
  std::optional<bool> processed;
  std::optional<std::string> name;
  std::optional<std::string> outcome;
  std::optional<std::string> reference;
  std::optional<std::string> account;
  bool and_unnamed = false;     // the account is the only one: events whose address named none are its own
  std::optional<instant> since; // by time of receipt, inclusive
  std::optional<instant> until; // exclusive
};

struct event_query {
  event_filter filter;
  std::int64_t page = 1;
  std::int64_t limit = 25;
  bool with_payload = true;
  bool with_settled = false;       // when each was settled
  bool by_cursor = false;          // then no totals are counted, and `page` is not looked at
  std::optional<list_place> after; // by time of receipt and id; none: from the newest on
};

struct stats_query {
  std::string period = "24h";
  instant since;
  std::optional<std::string> source;
};

// Of the body `{ids}`: up to 1,000; those that cannot be ids are left out.
[[nodiscard]] result<std::vector<std::int64_t>> read_deletion(std::string_view body);

struct sweep_wish {
  std::optional<std::string> account; // all without
  std::string kind = "full";
};

[[nodiscard]] result<event_query> read_event_query(const http::target& from, instant now);
[[nodiscard]] result<stats_query> read_stats_query(const http::target& from, instant now);
// `allowed`: what the parameter must be.
[[nodiscard]] error wrong_value(std::string_view name, std::string_view value, std::string_view allowed);
// Of a name that is given twice one value would be passed over.
[[nodiscard]] std::optional<error> refuse_repeated(const http::target& from);
// `limit`, 1 to 1000.
[[nodiscard]] result<std::int64_t> read_limit(const http::target& from, std::int64_t otherwise);
// No body is `{}`; null counts as absent.
[[nodiscard]] result<sweep_wish> read_sweep_wish(std::string_view body);

// The number of an event or a sweep; nullopt for a text that is none: such an id cannot exist.
[[nodiscard]] std::optional<std::int64_t> read_id(std::string_view text);
// Whether PostgreSQL's text can hold it: nothing else is anybody's name or reference.
[[nodiscard]] bool is_storable(std::string_view text);

} // namespace suivi::receiver
