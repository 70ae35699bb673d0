// Lines are built here; the writer's thread takes them to standard error.
#include "common/log/log.hpp"

#include "common/base/utf8.hpp"
#include "common/log/writer.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace suivi::log {
namespace {

struct setup {
  std::string program;
  format shape;
};

std::atomic<level> level_min{level::info};
setup& current() {
  static setup s{"suivi", format::json};
  return s;
}

constexpr milliseconds patience_at_exit{500};

// Never destroyed, so that threads which outlive main may log: log::flush() is the end of it.
writer& out() {
  static writer& to_standard_error = *[] {
    (void)current(); // outlives it
    auto tell_lost = [](std::uint64_t lines) {
      return line(current().shape, now(), level::warn, current().program,
                  "log lines were lost: nobody took them", {{"lines", lines}});
    };
    auto* made = new writer(STDERR_FILENO, writer::limits(), tell_lost);
    std::atexit([] { out().flush(patience_at_exit); });
    return made;
  }();
  return to_standard_error;
}

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

// The inside of a JSON string. `ascii_controls` also escapes DEL and the C1 controls, which a terminal would
// obey.
void append_escaped(std::string& line, std::string_view bytes, bool ascii_controls) {
  std::string repaired;
  if (!is_utf8(bytes)) {
    repaired = to_storable_text(bytes);
    bytes = repaired;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto c = static_cast<unsigned char>(bytes[i]);
    if (c == '"' || c == '\\')
      line += {'\\', static_cast<char>(c)};
    else if (c == '\n')
      line += "\\n";
    else if (c == '\r')
      line += "\\r";
    else if (c == '\t')
      line += "\\t";
    else if (c < 0x20 || (ascii_controls && c == 0x7F))
      line += fmt::format("\\u{:04x}", c);
    else if (ascii_controls && c == 0xC2 && static_cast<unsigned char>(bytes[i + 1]) < 0xA0)
      line += fmt::format("\\u{:04x}", static_cast<unsigned char>(bytes[++i]));
    else
      line += static_cast<char>(c);
  }
}

void append_quoted(std::string& line, std::string_view bytes, bool ascii_controls) {
  line += '"';
  append_escaped(line, bytes, ascii_controls);
  line += '"';
}

// to_string() of a floating number gives nan and inf, which JSON does not know.
bool is_json_literal(std::string_view bare) {
  return bare == "true" || bare == "false" ||
         bare.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
}

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (char c : value)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '"' ||
        c == '=' || c == '\\')
      return true;
  return false;
}

std::string json_line(instant at, level severity, std::string_view program, std::string_view message,
                      fields with) {
  std::string text = fmt::format(R"({{"time":"{}","level":"{}","program":)", format_instant(at),
                                 level_names[static_cast<std::size_t>(severity)]);
  append_quoted(text, program, false);
  text += R"(,"message":)";
  append_quoted(text, message, false);
  for (const field& f : with) {
    text += ',';
    append_quoted(text, f.key, false);
    text += ':';
    if (f.bare && is_json_literal(f.value))
      text += f.value;
    else
      append_quoted(text, f.value, false);
  }
  return text + '}';
}

std::string text_line(instant at, level severity, std::string_view message, fields with) {
  std::string text = fmt::format("{} {:<5} ", format_instant(std::chrono::floor<milliseconds>(at)),
                                 level_names[static_cast<std::size_t>(severity)]);
  append_escaped(text, message, true);
  for (const field& f : with) {
    text += ' ';
    text += f.key;
    text += '=';
    if (f.bare || !needs_quotes(f.value))
      text += f.value;
    else
      append_quoted(text, f.value, true);
  }
  return text;
}

void write(level severity, std::string_view message, fields with) {
  if (!enabled(severity)) return;
  const setup& s = current();
  out().put(line(s.shape, now(), severity, s.program, message, with));
}

} // namespace

void configure(std::string_view program, level minimum, format shape) {
  current() = {std::string(program), shape};
  level_min = minimum;
}

void set_level(level minimum) {
  level_min = minimum;
}

bool enabled(level severity) {
  return severity >= level_min.load(std::memory_order_relaxed);
}

std::string line(format shape, instant at, level severity, std::string_view program, std::string_view message,
                 fields with) {
  return shape == format::json ? json_line(at, severity, program, message, with)
                               : text_line(at, severity, message, with);
}

void flush(milliseconds patience) {
  out().flush(patience);
}

std::uint64_t lines_lost() {
  return out().lost();
}

void debug(std::string_view message, fields with) {
  write(level::debug, message, with);
}
void info(std::string_view message, fields with) {
  write(level::info, message, with);
}
void warn(std::string_view message, fields with) {
  write(level::warn, message, with);
}
void error(std::string_view message, fields with) {
  write(level::error, message, with);
}

} // namespace suivi::log
