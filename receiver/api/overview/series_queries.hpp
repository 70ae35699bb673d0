// Figures over time, in slots of one length. A slot without anything is left out; the present one is there.
#pragma once

#include "common/http/message/message.hpp"
#include "common/pg/connection.hpp"

#include <boost/json/array.hpp>
#include <optional>
#include <string>

namespace suivi::receiver {

enum class series_name { coverage, webhooks, missed, freshness };

struct series_query {
  series_name name = series_name::coverage;
  std::string name_text;
  std::string account; // empty: all
  seconds step{};
  instant from{}; // a slot's beginning
  instant until{};
};

// `name`, `period` (24h without), `account`. Pure; an error names the parameter.
[[nodiscard]] result<series_query> read_series_query(const http::target& from, instant now);

// The points, oldest first, as the API shows them. `only_account`: the account asked for is the shop's only
// one, so that what names none is its own.
task<result<boost::json::array>> read_series(pg::connection& db, series_query q, bool only_account);

} // namespace suivi::receiver
