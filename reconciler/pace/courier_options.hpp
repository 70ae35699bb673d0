// How an account's courier is asked: how many requests at once, how fast, and how long for an answer.
#pragma once

#include "common/base/time.hpp"
#include "common/config/settings.hpp"

namespace suivi::reconciler {

struct courier_options {
  int max_in_flight = 10;
  double requests_per_second = 0; // 0 = no ceiling
  milliseconds request_timeout{30'000};
  milliseconds read_lag{10'000}; // the courier's API may be behind its webhooks by so much
};

[[nodiscard]] courier_options courier_options_of(const config::settings& settings);

} // namespace suivi::reconciler
