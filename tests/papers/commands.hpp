// The commands that the project's papers tell a reader to type, and the files they name. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace suivi::test {

struct quoted {
  std::size_t line = 0; // from 1
  std::string text;
};

// Every line of a block of commands (fenced without a language or as `sh`, or indented by four spaces), and
// every `code` in a sentence that begins with one of the project's programs or scripts. Remarks are not
// there, lines that end in a backslash are joined.
[[nodiscard]] std::vector<quoted> commands_of(std::string_view paper);

// Every `code` that looks like a path of the project: no blanks, no placeholders.
[[nodiscard]] std::vector<quoted> paths_of(std::string_view paper);

// Every `code` in a sentence, whatever it is.
[[nodiscard]] std::vector<quoted> code_of(std::string_view paper);

// What stands in blocks fenced as `language`, each as one text; the line is that of the fence.
[[nodiscard]] std::vector<quoted> blocks_of(std::string_view paper, std::string_view language);

// The words of one command as a shell reads them: without variables in front, without what follows a pipe, a
// redirection, `;`, `&` or `#`.
[[nodiscard]] std::vector<std::string> words_of(std::string_view command);

} // namespace suivi::test
