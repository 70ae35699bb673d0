// The build file defines SUIVI_VERSION for this file alone.
#include "common/program/version.hpp"

namespace suivi::program {

std::string_view version() {
  return SUIVI_VERSION;
}

} // namespace suivi::program
