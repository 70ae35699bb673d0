// Markdown as far as the papers use it.
#include "tests/papers/commands.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace suivi::test {
namespace {

using std::string_view;

constexpr string_view roots[] = {"common/", "receiver/", "reconciler/", "tests/",
                                 "deploy/", "screen/",   ".github/",    ".ci/"};
constexpr string_view commands[] = {"suivi-receiver", "suivi-reconciler", "suivi-maystro-sim",
                                    "./deploy/up",    "deploy/up",        "deploy/prepare",
                                    "./tests/run",    "tests/run",        "tests/coverage",
                                    "tests/system/",  "tests/fuzz/run",   "tests/bench/run",
                                    "build/release/", "build/debug/",     "cmake ",
                                    "ctest ",         ".ci/run",          "curl ",
                                    "systemctl ",     "journalctl ",      "psql "};

bool begins_with_any(string_view text, const auto& all) {
  return std::any_of(std::begin(all), std::end(all), [&](string_view one) { return text.starts_with(one); });
}

string_view without_blanks(string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool is_variable(string_view word) {
  std::size_t equals = word.find('=');
  if (equals == string_view::npos || equals == 0) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
    return std::isupper(static_cast<unsigned char>(c)) || c == '_' || std::isdigit(c);
  });
}

string_view without_variables(string_view text) {
  while (true) {
    std::size_t blank = text.find(' ');
    if (blank == string_view::npos || !is_variable(text.substr(0, blank))) return text;
    text = without_blanks(text.substr(blank));
  }
}

// Calls `block` with each line of a block of commands, `prose` with every other line.
template <class Block, class Prose>
void walk(string_view paper, Block block, Prose prose) {
  std::size_t number = 0;
  std::optional<bool> fence; // whether it holds commands
  bool after_blank = true, indented = false, in_list = false;
  while (!paper.empty()) {
    string_view line = paper.substr(0, paper.find('\n'));
    paper.remove_prefix(std::min(paper.size(), line.size() + 1));
    ++number;
    string_view text = without_blanks(line);
    if (text.starts_with("```")) {
      string_view language = without_blanks(text.substr(3));
      if (fence)
        fence.reset();
      else
        fence = language.empty() || language == "sh" || language == "bash";
      continue;
    }
    if (fence) {
      if (*fence) block(number, text);
      continue;
    }
    indented = line.starts_with("    ") && !text.empty() && (after_blank || indented) && !in_list;
    if (indented)
      block(number, text);
    else
      prose(number, text);
    if (!text.empty() && !line.starts_with(' '))
      in_list = text.starts_with("- ") || std::isdigit(static_cast<unsigned char>(text.front()));
    after_blank = text.empty();
  }
}

// A script or a program; `tests/system/some_test.cpp` is a file that is spoken of.
bool is_command(string_view text) {
  string_view first = text.substr(0, text.find(' '));
  std::size_t slash = first.rfind('/');
  bool has_ending = slash != string_view::npos && first.find('.', slash) != string_view::npos;
  return begins_with_any(text, commands) && !has_ending && !first.ends_with('/');
}

std::vector<quoted> code_in(std::size_t number, string_view line) {
  std::vector<quoted> found;
  while (true) {
    std::size_t begin = line.find('`');
    if (begin == string_view::npos) return found;
    std::size_t end = line.find('`', begin + 1);
    if (end == string_view::npos) return found;
    found.push_back({number, std::string(line.substr(begin + 1, end - begin - 1))});
    line.remove_prefix(end + 1);
  }
}

} // namespace

std::vector<quoted> commands_of(string_view paper) {
  std::vector<quoted> found;
  bool joined = false;
  auto block = [&](std::size_t number, string_view text) {
    if (text.empty() || text.starts_with('#')) return;
    bool more = text.ends_with('\\');
    if (more) text.remove_suffix(1);
    if (joined)
      found.back().text += " " + std::string(text);
    else
      found.push_back({number, std::string(text)});
    joined = more;
  };
  auto prose = [&](std::size_t number, string_view text) {
    for (quoted& one : code_in(number, text))
      if (is_command(without_variables(one.text)) && !one.text.ends_with("…"))
        found.push_back(std::move(one));
  };
  walk(paper, block, prose);
  return found;
}

std::vector<quoted> paths_of(string_view paper) {
  std::vector<quoted> found;
  auto prose = [&](std::size_t number, string_view text) {
    for (quoted& one : code_in(number, text)) {
      bool plain = std::all_of(one.text.begin(), one.text.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) ||
               string_view("_-./").find(c) != string_view::npos;
      });
      if (plain && begins_with_any(one.text, roots)) found.push_back(std::move(one));
    }
  };
  walk(paper, [](std::size_t, string_view) {}, prose);
  return found;
}

std::vector<quoted> code_of(string_view paper) {
  std::vector<quoted> found;
  auto prose = [&](std::size_t number, string_view text) {
    for (quoted& one : code_in(number, text)) found.push_back(std::move(one));
  };
  walk(paper, [](std::size_t, string_view) {}, prose);
  return found;
}

std::vector<quoted> blocks_of(string_view paper, string_view language) {
  std::vector<quoted> found;
  std::size_t number = 0;
  bool inside = false, wanted = false;
  while (!paper.empty()) {
    string_view line = paper.substr(0, paper.find('\n'));
    paper.remove_prefix(std::min(paper.size(), line.size() + 1));
    ++number;
    string_view text = without_blanks(line);
    if (text.starts_with("```")) {
      inside = !inside;
      wanted = inside && without_blanks(text.substr(3)) == language;
      if (wanted) found.push_back({number, ""});
    } else if (wanted) {
      found.back().text += std::string(text) + "\n";
    }
  }
  return found;
}

std::vector<std::string> words_of(string_view command) {
  std::vector<std::string> words;
  std::string word;
  bool begun = false;
  char quote = 0;
  auto end_word = [&] {
    if (begun && !(words.empty() && is_variable(word))) words.push_back(word);
    word.clear();
    begun = false;
  };
  for (char c : command) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      begun = true;
    } else if (c == ' ') {
      end_word();
    } else if (c == '|' || c == '>' || c == ';' || c == '&' || (c == '#' && !begun)) {
      break;
    } else {
      word += c;
      begun = true;
    }
  }
  end_word();
  return words;
}

} // namespace suivi::test
