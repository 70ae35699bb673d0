// Sorts the courier's error codes and status lines into classes.
#include "common/courier/answer_class.hpp"

namespace suivi::courier {

answer_kind classify(const error* failure, unsigned status, std::optional<milliseconds> retry_after) {
  if (!failure || failure->code == "courier:not_found") return answer_kind::good;
  if (failure->code == "courier:unfiltered")
    return answer_kind::good; // well answered, but not what was asked
  if (failure->code == "courier:unauthorized") return answer_kind::refused_key;
  if (failure->code == "courier:throttled") return answer_kind::throttled;
  if (retry_after) return answer_kind::busy;
  bool gateway = status == 502 || status == 503 || status == 504;
  bool nobody = failure->code == "http:resolve" || failure->code == "http:refused" ||
                failure->code == "http:reset" || failure->code == "http:timeout";
  return gateway || nobody ? answer_kind::unreachable : answer_kind::faulty;
}

} // namespace suivi::courier
