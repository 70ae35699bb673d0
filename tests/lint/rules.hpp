// The house rules a program can check. Each is a pure function from the project's files to what breaks the
// rule.
#pragma once

#include "tests/lint/source.hpp"

#include <string_view>
#include <vector>

namespace suivi::lint {

using violations = std::vector<violation>;

struct rule {
  std::string_view name; // of the test
  violations (*check)(const std::vector<source>& files, const std::string& root);
};

const std::vector<rule>& all_rules();

// The shapes a co_await may stand in (co_await.cpp).
violations check_co_await(const std::vector<source>& files, const std::string& root);
// Who may include whom (layers.cpp).
violations check_layers(const std::vector<source>& files, const std::string& root);
// A room that says it is pure links only such rooms (layers.cpp).
violations check_pure(const std::vector<source>& files, const std::string& root);
// A source has a header of its own name and includes it first (files.cpp).
violations check_pairs(const std::vector<source>& files, const std::string& root);
// A folder's CMakeLists.txt opens by saying what the folder is for (files.cpp).
violations check_charters(const std::vector<source>& files, const std::string& root);
// A folder holds so many sources that one still sees them all (files.cpp).
violations check_folders(const std::vector<source>& files, const std::string& root);
// No private word is an identifier (words.cpp).
violations check_words(const std::vector<source>& files, const std::string& root);
// A test's stages are short (stages.cpp).
violations check_stages(const std::vector<source>& files, const std::string& root);
// No courier is named outside of its folder and the lists of couriers (couriers.cpp).
violations check_couriers(const std::vector<source>& files, const std::string& root);
violations check_screen(const std::vector<source>& files, const std::string& root);

} // namespace suivi::lint
