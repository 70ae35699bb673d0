// A file of the project as the rules see it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suivi::lint {

struct source {
  std::string path; // from the project's root: common/pg/pool.cpp
  std::string text;
  std::string
      code; // C++ only: the text with comments and the insides of literals blanked, line by line as before
};

struct violation {
  std::string path;
  std::size_t line;
  std::string message;
};

// C++ with its comments blanked and its literals kept, line by line as before.
[[nodiscard]] std::string without_comments(const std::string& text);

// `path` decides the language.
source make_source(std::string path, std::string text);

[[nodiscard]] bool is_cpp(const source& s);
// Shell, awk and the like: known by its first line.
[[nodiscard]] bool is_script(const source& s);
[[nodiscard]] std::size_t line_at(std::string_view text, std::size_t offset);

// The project's files under `root`: sources, scripts, documents; nothing that is built, kept or git's own.
std::vector<source> project_sources(const std::string& root);

} // namespace suivi::lint
