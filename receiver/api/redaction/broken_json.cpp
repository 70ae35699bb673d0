// A scanner that copies what is JSON by the letter and stops at the first byte that is not.
#include "receiver/api/redaction/broken_json.hpp"

#include "common/json/json_text.hpp"
#include "receiver/api/redaction/member_kind.hpp"
#include "receiver/api/redaction/private_names.hpp"

#include <algorithm>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <optional>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::string_view masked_text = "\"***\"";
constexpr std::string_view blanks = " \t\r\n";
constexpr int depth_max = 32;

class scanner {
 public:
  scanner(std::string_view text, const text_shower& show) : text_(text), show_(show) {}

  std::string text() {
    skip_blanks();
    bool whole = value("", 0);
    skip_blanks();
    if (!whole || at_ < text_.size()) hide_rest();
    return std::move(out_);
  }

 private:
  void hide_rest() {
    if (at_ < text_.size()) out_ += "***";
    at_ = text_.size();
  }

  void skip_blanks() {
    std::size_t end = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    out_ += text_.substr(at_, end - at_);
    at_ = end;
  }

  [[nodiscard]] char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char wanted) {
    if (next() != wanted) return false;
    out_ += wanted;
    ++at_;
    return true;
  }

  // With its quotes; up to the end where there is no closing one.
  [[nodiscard]] std::size_t end_of_text() const {
    for (std::size_t end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] == '\\')
        ++end;
      else if (text_[end] == '"')
        return end + 1;
    }
    return std::string_view::npos;
  }

  // What the text at the cursor says; the cursor is behind it then.
  std::optional<std::string> read_text() {
    std::size_t end = end_of_text();
    if (end == std::string_view::npos) return std::nullopt;
    result<json::value> read = parse_json(text_.substr(at_, end - at_), half_surrogates::mend);
    if (!read || !read->is_string()) return std::nullopt;
    at_ = end;
    const json::string& said = read->get_string();
    return std::string(said.data(), said.size());
  }

  bool value(const std::string& member, int depth) {
    switch (next()) {
    case '{':
      return depth < depth_max && members(member, depth + 1);
    case '[':
      return depth < depth_max && elements(member, depth + 1);
    case '"':
      return text_value(member);
    default:
      return literal(member);
    }
  }

  bool text_value(const std::string& member) {
    std::optional<std::string> said = read_text();
    if (!said) {
      out_ += masked_text;
      if (end_of_text() == std::string_view::npos) at_ = text_.size();
      return false;
    }
    out_ += write_json(json::value(json::string(show_(member, *said))));
    return true;
  }

  bool literal(const std::string& member) {
    std::size_t end = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
    std::string_view word = text_.substr(at_, end - at_);
    result<json::value> read = parse_json(word);
    if (!read || read->is_structured()) return false;
    out_ += may_be_shown(kind_of_member(member), *read) ? word : masked_text;
    at_ = end;
    return true;
  }

  bool members(const std::string& within, int depth) {
    take('{');
    skip_blanks();
    if (take('}')) return true;
    for (;;) {
      std::size_t begin = at_;
      if (next() != '"') return false;
      std::optional<std::string> name = read_text();
      if (!name) return false;
      bool plain = is_plain_name(*name);
      out_ += plain ? text_.substr(begin, at_ - begin) : masked_text;
      skip_blanks();
      if (!take(':')) return false;
      skip_blanks();
      bool read = !plain || is_private_name(*name) ? private_value(depth)
                                                   : value(std::string(governing_name(within, *name)), depth);
      if (!read) return false;
      skip_blanks();
      if (take('}')) return true;
      if (!take(',')) return false;
      skip_blanks();
    }
  }

  // Read like any other, to know where it ends, and not shown.
  bool private_value(int depth) {
    if (at_ >= text_.size()) return false;
    std::size_t kept_bytes = out_.size();
    bool read = value("", depth);
    out_.resize(kept_bytes);
    out_ += masked_text;
    return read;
  }

  bool elements(const std::string& member, int depth) {
    take('[');
    skip_blanks();
    if (take(']')) return true;
    for (;;) {
      if (!value(member, depth)) return false;
      skip_blanks();
      if (take(']')) return true;
      if (!take(',')) return false;
      skip_blanks();
    }
  }

  std::string_view text_;
  const text_shower& show_;
  std::string out_;
  std::size_t at_ = 0;
};

} // namespace

std::string shown_broken_json(std::string_view text, const text_shower& show) {
  return scanner(text, show).text();
}

} // namespace suivi::receiver
