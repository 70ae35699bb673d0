// What an answer tells of the courier's clock. Pure.
#pragma once

#include "common/base/time.hpp"
#include "common/courier/response_meta.hpp"

namespace suivi::reconciler {

// How far the courier's clock is behind ours, where its answer shows that for certain; zero elsewhere.
[[nodiscard]] milliseconds clock_behind(const courier::response_meta& meta);

} // namespace suivi::reconciler
