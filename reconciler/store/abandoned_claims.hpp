// Claims to orders without account of accounts that are no more: deleted from the shop's tables, or of the
// environment, which serves only while the tables hold none.
#pragma once

#include "reconciler/store/lease.hpp"

namespace suivi::reconciler {

// Before a sweep of an account of the tables, so that it may adopt what such a one had adopted.
// `of_default_courier`: it is an account of the default courier's, as those of the environment are. May be
// repeated.
task<result<void>> drop_abandoned_claims(pg::connection& db, lease held, bool of_default_courier);

} // namespace suivi::reconciler
