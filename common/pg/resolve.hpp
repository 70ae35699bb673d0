// DNS for database hosts, so that libpq never has to block in getaddrinfo.
#pragma once

#include "common/pg/url/url.hpp"
#include "common/runtime/task.hpp"

#include <vector>

namespace suivi::pg {

// Every host with its addresses filled in: a name with several addresses becomes several entries, in the
// resolver's order; sockets, addresses and an empty name stay as they are; a name that cannot be found drops
// out. Ends by the deadline. Error when nothing is left: transient, "pg:refused".
task<result<std::vector<host>>> look_up(std::vector<host> hosts, steady_time deadline);

} // namespace suivi::pg
