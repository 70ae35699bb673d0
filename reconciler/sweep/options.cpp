// Makes a sweep's options from the settings.
#include "reconciler/sweep/options.hpp"

namespace suivi::reconciler {

std::string_view to_string(sweep_kind kind) {
  if (kind == sweep_kind::incremental) return "incremental";
  return kind == sweep_kind::lookups ? "lookups" : "full";
}

sweep_kind sweep_kind_from(std::string_view text) {
  if (text == "incremental") return sweep_kind::incremental;
  return text == "lookups" ? sweep_kind::lookups : sweep_kind::full;
}

sweep_options sweep_options_of(const config::settings& settings) {
  sweep_options options;
  static_cast<courier_options&>(options) = courier_options_of(settings);
  options.max_orders = settings.reconciler.max_orders;
  options.adopt_unassigned = settings.reconciler.adopt_unassigned;
  options.lookup_limit = settings.reconciler.lookup_limit;
  options.incremental_every = settings.reconciler.incremental_every;
  return options;
}

} // namespace suivi::reconciler
