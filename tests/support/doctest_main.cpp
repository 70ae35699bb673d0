// The main of every doctest program. `--seed N` repeats the random cases of a run that printed `seed=N`;
// without it they are drawn anew each time. The number of cases: the environment's RC_PARAMS, e.g.
// "max_success=1000".
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <string_view>

int main(int count, char** arguments) {
  for (int i = 1; i + 1 < count; ++i)
    if (std::string_view(arguments[i]) == "--seed") {
      const char* others = std::getenv("RC_PARAMS");
      std::string all = others ? std::string(others) + " seed=" : std::string("seed=");
      ::setenv("RC_PARAMS", (all + arguments[i + 1]).c_str(), 1);
    }
  return doctest::Context(count, arguments).run();
}
