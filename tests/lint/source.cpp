// Blanking what is not code, and walking the tree.
#include "tests/lint/source.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace suivi::lint {
namespace {

namespace fs = std::filesystem;

void blank(std::string& code, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, code.size()); ++i)
    if (code[i] != '\n') code[i] = ' ';
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// The offset behind the literal that opens at `at`.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == quote || text[i] == '\n')
      return i + 1;
  }
  return text.size();
}

std::size_t end_of_raw(std::string_view text, std::size_t quote) {
  std::size_t open = text.find('(', quote);
  if (open == std::string_view::npos) return text.size();
  std::string closing = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
  std::size_t end = text.find(closing, open);
  return end == std::string_view::npos ? text.size() : end + closing.size();
}

std::string code_of(const std::string& text, bool literals_stay = false) {
  std::string code = text;
  for (std::size_t i = 0; i < text.size();) {
    std::string_view rest = std::string_view(text).substr(i);
    std::size_t end = i + 1;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      blank(code, i, end);
    } else if (rest.starts_with("/*")) {
      end = std::min(text.find("*/", i + 2), text.size());
      blank(code, i, end + 2);
      end = std::min(end + 2, text.size());
    } else if (rest.starts_with("R\"") && (i == 0 || !is_word(text[i - 1]))) {
      end = end_of_raw(text, i + 1);
      if (!literals_stay) blank(code, i, end);
    } else if (rest.starts_with("#include")) {
      end = std::min(text.find('\n', i), text.size()); // the name of the file stays
    } else if (rest[0] == '"' ||
               (rest[0] == '\'' && (i == 0 || !is_word(text[i - 1])))) { // 10'000 is no literal
      end = end_of_quoted(text, i);
      if (!literals_stay) blank(code, i + 1, end - 1);
    }
    i = end;
  }
  return code;
}

bool ends_with_any(std::string_view path, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return path.ends_with(e); });
}

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

std::string without_comments(const std::string& text) {
  return code_of(text, true);
}

bool is_cpp(const source& s) {
  return ends_with_any(s.path, {".cpp", ".hpp"});
}
bool is_script(const source& s) {
  return s.text.starts_with("#!");
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

source make_source(std::string path, std::string text) {
  source s{std::move(path), std::move(text), {}};
  if (is_cpp(s)) s.code = code_of(s.text);
  return s;
}

std::vector<source> project_sources(const std::string& root) {
  std::vector<source> all;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
    std::string name = it->path().filename().string();
    bool hidden = name.starts_with('.') && name != ".ci";
    if (it->is_directory() && (hidden || name == "build" || name == "var" || name == "node_modules")) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file() || hidden) continue;
    std::string text = read(it->path());
    if (text.find('\0') != std::string::npos) continue; // a picture, not a text
    all.push_back(make_source(fs::relative(it->path(), root).string(), std::move(text)));
  }
  std::sort(all.begin(), all.end(), [](const source& a, const source& b) { return a.path < b.path; });
  return all;
}

} // namespace suivi::lint
