// The shape of a log line, whatever bytes go into it.
#include "common/log/log.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <limits>
#include <unistd.h>

using namespace suivi;
using log::format;
using log::level;

namespace {

const instant at = *parse_instant("2026-01-31T09:30:00.5Z");

std::string json(std::string_view message, log::fields with = {}) {
  std::string line = log::line(format::json, at, level::warn, "suivi-receiver", message, with);
  const std::string head =
      R"({"time":"2026-01-31T09:30:00.500000Z","level":"warn","program":"suivi-receiver","message":)";
  REQUIRE(line.substr(0, head.size()) == head);
  return line.substr(head.size());
}

std::string text(std::string_view message, log::fields with = {}) {
  return log::line(format::text, at, level::info, "suivi-receiver", message, with);
}

// What is written to standard error while this lives.
class captured_stderr {
 public:
  captured_stderr() {
    REQUIRE(pipe(ends_) == 0);
    kept_ = dup(STDERR_FILENO);
    dup2(ends_[1], STDERR_FILENO);
  }
  std::string take() {
    log::flush(std::chrono::seconds(10));
    dup2(kept_, STDERR_FILENO);
    close(kept_);
    close(ends_[1]);
    std::string all;
    char part[512];
    for (ssize_t n = 0; (n = read(ends_[0], part, sizeof part)) > 0;)
      all.append(part, static_cast<std::size_t>(n));
    close(ends_[0]);
    return all;
  }

 private:
  int ends_[2]{};
  int kept_ = -1;
};

} // namespace

TEST_CASE("a JSON line carries time, level, program, message and the fields in their order") {
  CHECK(json("webhook stored", {{"id", "example-1"}, {"bytes", 12}, {"first", true}}) ==
        R"("webhook stored","id":"example-1","bytes":12,"first":true})");
}

TEST_CASE("quotes, backslashes and control characters are escaped in JSON") {
  CHECK(json("a\"b\\c\nd\te\rf\x01g") == R"("a\"b\\c\nd\te\rf\u0001g"})");
  CHECK(json("m", {{"text", std::string_view("nul\0", 4)}}) == R"("m","text":"nul\u0000"})");
}

TEST_CASE("bytes that are no UTF-8 become replacement characters, so that the line stays JSON") {
  CHECK(json("caf\xC3\xA9 \xFF!") == "\"caf\xC3\xA9 \xEF\xBF\xBD!\"}");
}

TEST_CASE("numbers that JSON does not know are written as strings") {
  CHECK(json("m", {{"x", std::numeric_limits<double>::infinity()}}) == R"("m","x":"inf"})");
  CHECK(json("m", {{"x", -1.5}}) == R"("m","x":-1.500000})");
}

TEST_CASE("a text line is for reading, and values with spaces are quoted") {
  CHECK(text("sweep done", {{"pages", 3}, {"account", "Main shop"}, {"verdict", "complete"}}) ==
        "2026-01-31T09:30:00.500000Z info  sweep done pages=3 account=\"Main shop\" verdict=complete");
}

TEST_CASE("nothing in a value can start a second text line or steer a terminal") {
  std::string line = text("a\nb", {{"x", "1\n2\x1b[31m\x7f\xC2\x9B"}});
  CHECK(line.find('\n') == std::string::npos);
  CHECK(line.find('\x1b') == std::string::npos);
  CHECK(line.find("\xC2\x9B") == std::string::npos);
  CHECK(line.find(R"(a\nb x="1\n2\u001b[31m\u007f\u009b")") != std::string::npos);
}

TEST_CASE("levels below the configured one write nothing and others write one line each to standard error") {
  captured_stderr written;
  log::configure("suivi-test", level::warn, format::json);
  log::info("not written");
  log::error("written", {{"n", 1}});
  log::warn("written too");
  std::string all = written.take();
  CHECK(all.find("not written") == std::string::npos);
  CHECK(all.find(R"("level":"error","program":"suivi-test","message":"written","n":1})") !=
        std::string::npos);
  CHECK(std::count(all.begin(), all.end(), '\n') == 2);
  CHECK_FALSE(log::enabled(level::info));
  CHECK(log::enabled(level::warn));
}
