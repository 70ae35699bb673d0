// A real binary of the build, run by a test as an operator would run it.
//
// Promises: the environment is what the test gives and nothing of the tester's; output is kept; whatever
// happens the process is gone when the object is. A complaint of a sanitizer ends the test program, whatever
// the test looked at.
#pragma once

#include "tests/support/sanitized.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace suivi::test {

constexpr std::chrono::seconds patience{180 * slowness}; // for anything that must happen

class program {
 public:
  // `name`: a binary of the build, e.g. suivi-receiver, or the absolute path of another one.
  program(const std::string& name, std::vector<std::string> arguments,
          std::map<std::string, std::string> environment = {});
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program();

  [[nodiscard]] pid_t id() const { return pid_; }
  void signal(int number) const;
  // The exit status, 128 + n for a signal; throws where it did not end within `limit` (with sanitizers
  // `slowness` times as long).
  int wait(std::chrono::seconds limit = std::chrono::seconds(60));
  [[nodiscard]] bool runs();

  [[nodiscard]] std::string output() const; // standard output so far
  [[nodiscard]] std::string log() const;    // standard error so far
  // The number behind `"field":` in the log, as soon as it is there: the port a server got.
  int number_from_log(const std::string& field);
  [[nodiscard]] const std::filesystem::path& folder() const {
    return folder_;
  } // its working directory, its own

 private:
  void end_in_order();

  std::filesystem::path folder_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// Runs one command to its end.
struct finished {
  int status;
  std::string output;
  std::string log;
};
finished run_program(const std::string& name, std::vector<std::string> arguments,
                     std::map<std::string, std::string> environment = {});

// Polls until `holds` does; throws, naming `description`, after the limit.
template <class Condition>
void wait_until(const std::string& description, Condition holds);

struct answer {
  unsigned status = 0; // 0: no answer
  std::string body;
};
answer http_get(const std::string& url, const std::string& authorization = "");
answer http_post(const std::string& url, const std::string& body, const std::string& authorization = "",
                 const std::string& content_type = "application/json");

void pause_briefly();
[[noreturn]] void give_up(const std::string& reason);

template <class Condition>
void wait_until(const std::string& description, Condition holds) {
  for (auto end = std::chrono::steady_clock::now() + patience; !holds(); pause_briefly())
    if (std::chrono::steady_clock::now() > end) give_up(description);
}

} // namespace suivi::test
