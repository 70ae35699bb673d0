// What a courier's state is called on the screen, where its reader does not read French.
#include "common/guepex/status.hpp"
#include "common/nord_west/event.hpp"
#include "receiver/screen/screen_files.hpp"

#include <doctest/doctest.h>
#include <string>

using namespace suivi;

namespace {

std::string words_of(std::string_view language) {
  for (const receiver::screen_file& file : receiver::screen_files())
    if (file.name == "lang/" + std::string(language) + ".js") return {file.plain.begin(), file.plain.end()};
  return {};
}

// As the served file has it: a name that needs no quotes has none.
bool has_word(std::string_view words, std::string_view state) {
  std::string name(state);
  return words.find("\"" + name + "\":\"") != std::string_view::npos ||
         words.find("{" + name + ":\"") != std::string_view::npos ||
         words.find("," + name + ":\"") != std::string_view::npos;
}

} // namespace

TEST_CASE("every state that Guepex or Nord West tells has a word in English and in Arabic") {
  for (const char* language : {"en", "ar"}) {
    auto words = words_of(language);
    CAPTURE(language);
    REQUIRE_FALSE(words.empty());
    for (const guepex::status& state : guepex::all_statuses()) {
      CAPTURE(state.text);
      CHECK(has_word(words, state.text));
    }
    for (const nord_west::event& event : nord_west::all_events()) {
      CAPTURE(event.text);
      CHECK((!event.says_where || has_word(words, event.text)));
    }
  }
}
