// On standard error, so that standard output stays clean.
#include "common/program/progress_bar.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace suivi::program {
namespace {

constexpr int width = 30;

std::string length_of(double seconds) {
  auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 2 * 3600) return fmt::format("{} min", (whole + 30) / 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string speed_of(double per_second) {
  return per_second < 10 ? fmt::format("{:.1f}", per_second) : fmt::format("{:.0f}", per_second);
}

} // namespace

std::string progress_line(const progress& p, milliseconds elapsed) {
  std::optional<double> part = p.part;
  if (!part && p.of && *p.of > 0) part = static_cast<double>(p.done) / static_cast<double>(*p.of);
  if (part) part = std::clamp(*part, 0.0, 1.0);
  std::string line;
  if (part) {
    int filled = static_cast<int>(*part * width);
    line = fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %  ", "", filled, "", width - filled, *part * 100);
  }
  line += p.of ? fmt::format("{} of {} {}", p.done, *p.of, p.noun) : fmt::format("{} {}", p.done, p.noun);
  double seconds_passed = std::chrono::duration<double>(elapsed).count();
  if (seconds_passed >= 1 && p.done > 0) {
    line += fmt::format(", {}/s", speed_of(static_cast<double>(p.done) / seconds_passed));
    if (part && *part > 0 && *part < 1)
      line += fmt::format(", {} left", length_of(seconds_passed * (1 - *part) / *part));
  }
  if (!p.more.empty()) line += ", " + p.more;
  return line;
}

bool shows_progress() {
  return ::isatty(STDERR_FILENO) == 1;
}

void show_progress_line(const std::string& line) {
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
}

void end_progress() {
  fmt::print(stderr, "\r\x1b[K");
}

} // namespace suivi::program
