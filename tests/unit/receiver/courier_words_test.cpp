// What a courier's state is called on the screen, where its reader does not read French.
#include "common/guepex/status.hpp"
#include "common/maystro/status.hpp"
#include "common/nord_west/event.hpp"
#include "receiver/screen/screen_files.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace suivi;

namespace {

std::string text_of(std::string_view name) {
  for (const receiver::screen_file& file : receiver::screen_files())
    if (file.name == name) return {file.plain.begin(), file.plain.end()};
  return {};
}

// The texts between `name:[` and the next `]`, as the served file has them.
std::vector<std::string> texts_of(std::string_view file, std::string_view name) {
  std::vector<std::string> texts;
  std::size_t from = file.find(std::string(name) + ":[");
  if (from == std::string_view::npos) return texts;
  std::string_view list = file.substr(from, file.find(']', from) - from);
  for (std::size_t open = list.find('"'); open != std::string_view::npos; open = list.find('"', open)) {
    std::size_t close = list.find('"', open + 1);
    texts.emplace_back(list.substr(open + 1, close - open - 1));
    open = close + 1;
  }
  return texts;
}

// All states, each once, in the order of the first that tells it: in that order the words stand.
std::vector<std::string> all_states() {
  std::string program = text_of("js/app.js");
  std::vector<std::string> all;
  for (std::string_view courier : {"maystro", "guepex", "nord_west"})
    for (std::string& text : texts_of(program, courier))
      if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
  return all;
}

} // namespace

TEST_CASE("every state that a courier tells has a word in English and in Arabic") {
  auto states = all_states();
  auto is_there = [&](std::string_view text) { return std::ranges::find(states, text) != states.end(); };
  for (const maystro::status& state : maystro::all_statuses()) CHECK(is_there(state.text));
  for (const guepex::status& state : guepex::all_statuses()) CHECK(is_there(state.text));
  for (const nord_west::event& event : nord_west::all_events())
    CHECK((!event.says_where || is_there(event.text)));
  for (const char* language : {"en", "ar"}) {
    CAPTURE(language);
    auto words = texts_of(text_of("lang/" + std::string(language) + ".js"), "st");
    CHECK(words.size() == states.size());
    CHECK(std::ranges::none_of(words, &std::string::empty));
  }
  auto english = texts_of(text_of("lang/en.js"), "st");
  auto word_of = [&](std::string_view state) {
    auto at = std::ranges::find(states, state) - states.begin();
    return english.at(static_cast<std::size_t>(at));
  };
  CHECK(word_of("LIVRÉ") == "Delivered");
  CHECK(word_of("RETOUR GROUPÉ") == "Returns grouped");
  CHECK(word_of("TENTATIVE DE LIVRAISON") == "Delivery attempted");
}
