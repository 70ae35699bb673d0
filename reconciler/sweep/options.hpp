// The options of a sweep: its kind, how much of the list it may read, how fast.
#pragma once

#include "common/base/time.hpp"
#include "common/config/settings.hpp"
#include "reconciler/pace/courier_options.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace suivi::reconciler {

// How long a sweep's step, or a verify's, waits for a connection to the database.
inline constexpr milliseconds database_wait{10'000};

enum class sweep_kind {
  full,
  incremental,
  lookups, // no list: only the single look-ups, all of them as if nobody had asked before
};
[[nodiscard]] std::string_view to_string(sweep_kind kind);
[[nodiscard]] sweep_kind sweep_kind_from(std::string_view text); // full where it is none of the others

struct sweep_options : courier_options {
  sweep_kind kind = sweep_kind::full;
  std::int64_t max_orders = 10'000; // 0 = all
  // max_orders is below the settings': cut there, the sweep stands for no scheduled one and moves no
  // watermark.
  bool below_settings = false;
  bool adopt_unassigned = true;
  std::int64_t lookup_limit = 500;         // single look-ups; 0 = none
  milliseconds incremental_every{300'000}; // what rotation reckons with
  bool dry_run = false;
  // When it was found due, by the database's clock: where another sweep of the account has begun since, this
  // one does not.
  std::optional<instant> due_since = std::nullopt;
};

// A full sweep as the settings say.
[[nodiscard]] sweep_options sweep_options_of(const config::settings& settings);

} // namespace suivi::reconciler
