// The journal from its end back, page by page.
#pragma once

#include "common/pg/connection.hpp"

#include <boost/json/array.hpp>
#include <optional>
#include <string>

namespace suivi::receiver {

struct change_page {
  boost::json::array changes; // newest first
  std::optional<std::string> next;
};
// `before`: a number of the journal; those below it.
task<result<change_page>> list_changes_before(pg::connection& db, std::optional<std::int64_t> before,
                                              std::int64_t limit);

} // namespace suivi::receiver
