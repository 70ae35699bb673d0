// What the connection (and the encoders' tests) may see of params.
#pragma once

#include "common/pg/params.hpp"

namespace suivi::pg {

struct params_access {
  using value = params::value;
  static const std::vector<value>& values(const params& of) { return of.values_; }
};

} // namespace suivi::pg
