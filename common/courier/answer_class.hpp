// What an answer of the courier tells of the request, of the account, and of whether anybody is there. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <optional>

namespace suivi::courier {

enum class answer_kind {
  good,        // what was asked for, or the word that it is not there
  throttled,   // 429
  busy,        // 503 with Retry-After: somebody is there and wants to be left alone
  faulty,      // an answer, but not a right one: 500, another shape, a redirect; tells of this request alone
  unreachable, // none: no connection, cut off, timed out, or a gateway that says so (502, 503, 504)
  refused_key, // 401, 403
};

// `failure`: null for a good answer. `status`: of the answer, 0 where there was none.
[[nodiscard]] answer_kind classify(const error* failure, unsigned status,
                                   std::optional<milliseconds> retry_after);

} // namespace suivi::courier
