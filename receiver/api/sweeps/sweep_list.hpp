// The list of sweeps' reports, newest first, page by page; with the many incremental ones folded if asked.
#pragma once

#include "common/http/message/message.hpp"
#include "common/pg/connection.hpp"

#include <boost/json/array.hpp>
#include <optional>
#include <string>

namespace suivi::receiver {

struct sweep_list_query {
  std::int64_t limit = 25;
  std::string account, kind, verdict; // empty: any
  bool fold = false;
  bool with_reported = false;         // `fold` was given, whichever
  std::optional<std::int64_t> before; // sweeps with a lower number
};

// Pure; an error names the parameter.
[[nodiscard]] result<sweep_list_query> read_sweep_list_query(const http::target& from);

struct sweep_page {
  boost::json::array sweeps;
  std::optional<std::string> next;
};
task<result<sweep_page>> list_sweeps_of(pg::connection& db, sweep_list_query q);

} // namespace suivi::receiver
