// The version that both programs are built as.
#pragma once

#include <string_view>

namespace suivi::program {

[[nodiscard]] std::string_view version();

} // namespace suivi::program
