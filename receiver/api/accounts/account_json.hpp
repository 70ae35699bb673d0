// A courier account as the operations API shows it. Pure.
#pragma once

#include "receiver/api/accounts/account_queries.hpp"

#include <boost/json/object.hpp>
#include <string_view>

namespace suivi::receiver {

// `figures`: of account_figures.hpp.
[[nodiscard]] boost::json::object account_json(std::string_view id, std::string_view name, bool has_key,
                                               const account_record& record, boost::json::object figures);

} // namespace suivi::receiver
