// deploy/SETTINGS.md, written from the table of settings.
#pragma once

#include <string>

namespace suivi::test {

[[nodiscard]] std::string settings_page();

} // namespace suivi::test
