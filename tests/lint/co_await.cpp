// `co_await` stands alone: g++ 12 frees twice what a co_await expression holds as aggregate, lambda or
// ternary, and a reader finds the points of suspension at the start of a line.
//
// Allowed: `co_await f(a);`, `x = co_await f(a);`, `auto [x, y] = co_await f(a);`, `co_return co_await
// f(a);`, each also behind `if (…)`, `else`, `for (…)`, `while (…)`.
#include "tests/lint/rules.hpp"

#include <cctype>
#include <regex>

namespace suivi::lint {
namespace {

constexpr std::string_view keyword = "co_await";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::size_t find_keyword(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find(keyword, from); at != std::string_view::npos;
       at = text.find(keyword, at + 1)) {
    bool starts = at == 0 || !is_word(text[at - 1]);
    bool ends = at + keyword.size() >= text.size() || !is_word(text[at + keyword.size()]);
    if (starts && ends) return at;
  }
  return std::string_view::npos;
}

int depth_of(std::string_view text) {
  int depth = 0;
  for (char c : text) depth += c == '(' ? 1 : c == ')' ? -1 : 0;
  return depth;
}

// `before`: from the statement's start to the keyword.
std::string objection_before(std::string_view before) {
  before = trimmed(before);
  if (depth_of(before) != 0) return "stands inside another expression";
  if (before.empty() || before.ends_with("co_return") || before.ends_with("else")) return {};
  static const std::regex labeled(R"(^(case\b.*|default)\s*:$)"),
      control(R"(^(else\s+)?(if|for|while)\b[^]*\)$)"), assignment(R"([^]*[^=<>!+\-*/|&^%]\s*=$)");
  std::string text(before);
  if (std::regex_match(text, labeled) || std::regex_match(text, control)) return {};
  if (std::regex_match(text, assignment) && text.find('?') == std::string::npos) return {};
  return "stands inside another expression";
}

std::string objection_after(std::string_view after) {
  if (find_keyword(after, 0) != std::string_view::npos) return "has another co_await in its expression";
  char last = ' ';
  for (char c : after) {
    if (c == '?') return "has a ternary in its expression";
    if (c == '[' && !is_word(last) && last != ')' && last != ']') return "has a lambda in its expression";
    if (!std::isspace(static_cast<unsigned char>(c))) last = c;
  }
  return {};
}

// Splits the code into statements at ; { } and judges those that hold the keyword.
class reader {
 public:
  reader(const source& s, violations& found) : s_(s), found_(found) {}

  void read() {
    for (std::size_t i = 0; i < s_.code.size(); ++i) {
      char c = s_.code[i];
      depth_ += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == '{') {
        if (holds_keyword()) note("has braces in its expression");
        begin(i + 1);
      } else if (c == '}' || (c == ';' && depth_ <= 0)) {
        judge();
        begin(i + 1);
      }
      end_ = i + 1;
    }
  }

 private:
  [[nodiscard]] std::string_view statement() const {
    return std::string_view(s_.code).substr(begin_, end_ - begin_);
  }
  [[nodiscard]] bool holds_keyword() const { return find_keyword(statement(), 0) != std::string_view::npos; }
  void begin(std::size_t at) {
    begin_ = end_ = at;
    depth_ = 0;
  }
  void note(const std::string& message) {
    std::size_t at = begin_ + find_keyword(statement(), 0);
    found_.push_back({s_.path, line_at(s_.code, at), "a co_await " + message});
  }
  void judge() {
    std::size_t at = find_keyword(statement(), 0);
    if (at == std::string_view::npos) return;
    std::string why = objection_before(statement().substr(0, at));
    if (why.empty()) why = objection_after(statement().substr(at + keyword.size()));
    if (!why.empty()) note(why);
  }

  const source& s_;
  violations& found_;
  std::size_t begin_ = 0, end_ = 0;
  int depth_ = 0;
};

} // namespace

violations check_co_await(const std::vector<source>& files, const std::string&) {
  violations found;
  for (const source& s : files)
    if (find_keyword(s.code, 0) != std::string_view::npos) reader(s, found).read();
  return found;
}

} // namespace suivi::lint
