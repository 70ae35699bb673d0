// What both programs answer at /healthz: the process lives. Whether it can do its work is /readyz's matter.
#pragma once

#include <string_view>

namespace suivi::program {

inline constexpr std::string_view alive_body = R"({"success":true})";

} // namespace suivi::program
