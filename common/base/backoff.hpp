// How long to wait before the next try. Pure but for jitter().
#pragma once

#include "common/base/time.hpp"

namespace suivi {

// `first` doubled with every try, never above `limit`. `tries` counts from 0.
[[nodiscard]] milliseconds doubled(int tries, milliseconds first, milliseconds limit);

// The same; `jitter` in [0, 1) takes up to half of it away, so that those who failed together do not come
// back together.
[[nodiscard]] milliseconds backoff(int tries, milliseconds first, milliseconds limit, double jitter);

// A number in [0, 1) for backoff().
[[nodiscard]] double jitter();

} // namespace suivi
