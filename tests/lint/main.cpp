// lint ROOT RULE: prints what breaks the rule in the project at ROOT; exit status 1 if anything does, 2 on
// misuse.
#include "tests/lint/rules.hpp"

#include <cstdio>
#include <cstring>
#include <filesystem>

int main(int argc, char** argv) {
  using namespace suivi::lint;
  if (argc == 3) {
    std::string root = std::filesystem::canonical(argv[1]).string();
    for (const rule& r : all_rules()) {
      if (r.name != argv[2]) continue;
      violations found = r.check(project_sources(root), root);
      for (const violation& v : found) std::printf("%s:%zu: %s\n", v.path.c_str(), v.line, v.message.c_str());
      return found.empty() ? 0 : 1;
    }
  }
  std::fputs("usage: lint ROOT RULE, with RULE one of:", stderr);
  for (const rule& r : all_rules())
    std::fprintf(stderr, " %.*s", static_cast<int>(r.name.size()), r.name.data());
  std::fputc('\n', stderr);
  return 2;
}
