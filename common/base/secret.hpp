// A text that must not be printed: keys, secrets, passwords. It has no operator<<, no formatter and no
// implicit conversion; the one way to the text is reveal(), which is easy to search for.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace suivi {

class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string_view masked() const { return text_.empty() ? "" : "***"; }

 private:
  std::string text_;
};

} // namespace suivi
