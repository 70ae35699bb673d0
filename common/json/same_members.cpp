// Cuts both texts into names and values as they are written, and compares those.
#include "common/json/same_members.hpp"

#include <array>
#include <cstddef>

namespace suivi {
namespace {

constexpr std::size_t members_max = 32; // each is looked for among all

struct written_member {
  std::string_view name; // with its quotation marks, as it is escaped
  std::string_view value;
};

struct written_object {
  std::array<written_member, members_max> members;
  std::size_t size = 0;
};

class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  // A text with its quotation marks; empty where none stands here.
  std::string_view take_text() {
    skip_blanks();
    const std::size_t begin = at_;
    if (at_ == text_.size() || text_[at_] != '"') return {};
    for (std::size_t from = begin + 1;;) {
      const std::size_t end = text_.find('"', from);
      if (end == npos) return {};
      const std::size_t escape = text_.substr(from, end - from).find('\\');
      if (escape == npos) {
        at_ = end + 1;
        return text_.substr(begin, at_ - begin);
      }
      from += escape + 2; // whatever is escaped
    }
  }

  // Empty where a list, an object or nothing stands here.
  std::string_view take_scalar() {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '"') return take_text();
    const std::size_t begin = at_;
    while (at_ < text_.size() && !ends_scalar(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }

 private:
  static constexpr std::size_t npos = std::string_view::npos;

  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  static bool ends_scalar(char c) {
    return is_blank(c) || c == ',' || c == '{' || c == '}' || c == '[' || c == ']';
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool read_members(std::string_view text, written_object& into) {
  scanner rest(text);
  if (!rest.take('{')) return false;
  do {
    if (into.size == members_max) return false;
    written_member& member = into.members[into.size];
    member.name = rest.take_text();
    if (member.name.empty() || !rest.take(':')) return false;
    member.value = rest.take_scalar();
    if (member.value.empty()) return false;
    ++into.size;
  } while (rest.take(','));
  return rest.take('}') && rest.at_end();
}

} // namespace

bool has_same_members(std::string_view a, std::string_view b) {
  written_object one, other;
  if (!read_members(a, one) || !read_members(b, other) || one.size != other.size) return false;
  std::array<bool, members_max> matched{}; // so that a name that comes twice matches both
  for (std::size_t i = 0; i < one.size; ++i) {
    std::size_t at = 0;
    while (at < other.size && (matched[at] || other.members[at].name != one.members[i].name)) ++at;
    if (at == other.size || other.members[at].value != one.members[i].value) return false;
    matched[at] = true;
  }
  return true;
}

} // namespace suivi
