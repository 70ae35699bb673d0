// Prints deploy/SETTINGS.md; redirect it there after a change of the table of settings.
#include "tests/papers/settings_page.hpp"

#include <cstdio>

int main() {
  std::string page = suivi::test::settings_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
