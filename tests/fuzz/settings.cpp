// A settings file and an environment: settings or mistakes, never an exception; and what --check-config would
// print reads back as the same settings.
//
// The input is the file; lines `NAME=VALUE` after a line `---` are the environment.
#include "common/config/settings.hpp"

#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace suivi::fuzz {
namespace {

using namespace suivi::config;

// A file without a place on the disk.
class file_in_memory {
 public:
  explicit file_in_memory(std::string_view content) : descriptor_(memfd_create("settings", 0)) {
    require(descriptor_ >= 0, "a file in memory can be had");
    require(write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "and written");
  }
  ~file_in_memory() { close(descriptor_); }
  file_in_memory(const file_in_memory&) = delete;
  file_in_memory& operator=(const file_in_memory&) = delete;

  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

environment read_environment(std::string_view lines) {
  environment env;
  while (!lines.empty()) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    std::size_t equals = line.find('=');
    // A variable holds no NUL, and another file than the input's is none of ours.
    if (equals == std::string_view::npos || line.find('\0') != std::string_view::npos) continue;
    if (line.substr(0, equals) != "SUIVI_CONFIG")
      env.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return env;
}

void check_mistakes(const std::vector<std::string>& mistakes) {
  require(!mistakes.empty(), "a failure names a mistake");
  for (const std::string& mistake : mistakes) require(!mistake.empty(), "a mistake is said in words");
}

} // namespace

void one_input(std::string_view bytes) {
  constexpr std::string_view mark = "\n---\n";
  std::size_t at = bytes.find(mark);
  environment env;
  if (at != std::string_view::npos) env = read_environment(bytes.substr(at + mark.size()));
  file_in_memory file(bytes.substr(0, at));

  for (program who : {program::receiver, program::reconciler}) {
    auto first = load(who, file.path(), env, false, purpose::run);
    if (!first) {
      check_mistakes(first.error());
      first = load(who, file.path(), env, false, purpose::check);
    }
    if (!first) continue;
    std::string printed = to_toml(first->values);
    file_in_memory again(printed);
    auto second = load(who, again.path(), {}, true, purpose::check);
    if (!second) {
      for (const std::string& mistake : second.error()) std::fprintf(stderr, "%s\n", mistake.c_str());
      require(false, "what --check-config prints can be read back");
    }
    second->values.maystro.accounts =
        first->values.maystro.accounts; // the environment's alone, printed as remarks
    require(to_toml(second->values) == printed, "what --check-config prints reads back as the same settings");
  }
}

} // namespace suivi::fuzz
