// Opens a session with one of the hosts that a database URL names.
//
// Hosts are tried one by one, each with a fair share of connect_timeout, so that a host that swallows packets
// cannot keep the others from their turn. Of several hosts the primary is taken, unless the URL says
// otherwise.
#pragma once

#include "common/pg/connection.hpp"
#include "common/pg/session.hpp"

#include <memory>

namespace suivi::pg {

// Errors: transient, "pg:refused", with the reason of each host that was tried.
// `among`: the group it belongs to; may be null.
task<result<std::unique_ptr<session>>> open_session(const connect_options& options,
                                                    std::shared_ptr<session_group> among);

} // namespace suivi::pg
