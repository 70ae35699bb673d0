// What the log says of a sweep that has ended: its report, and that the courier throttled it.
#pragma once

#include "common/shop/sweep_report.hpp"

namespace suivi::reconciler {

// `stopped`: by whoever ends the program, which is no failure.
void log_sweep(const shop::sweep_report& r, bool stopped);

} // namespace suivi::reconciler
