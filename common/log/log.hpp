// The one door to the log: one line an event, on standard error, as JSON or as text.
//
// A line has a time, a level, a message that names the event, and fields. Levels say who must act: error =
// the operator, now; warn = the operator, some day; info = nobody, it tells the story; debug = a developer.
// Neither messages nor fields ever hold keys, secrets, names, phones or addresses.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace suivi::log {

enum class level { debug, info, warn, error };
enum class format { json, text };

// Before the first line; otherwise info and json. `program` is a field of every JSON line.
void configure(std::string_view program, level minimum, format shape);

// From now on.
void set_level(level minimum);

class field {
 public:
  field(std::string_view key, std::string_view value) : key(key), value(value) {}
  field(std::string_view key, const char* value) : key(key), value(value) {}
  field(std::string_view key, const std::string& value) : key(key), value(value) {}
  field(std::string_view key, bool flag) : key(key), value(flag ? "true" : "false"), bare(true) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  field(std::string_view key, Number number) : key(key), value(std::to_string(number)), bare(true) {}

  std::string_view key; // a literal
  std::string value;
  bool bare = false; // a number or a truth value: printed without quotes
};

using fields = std::initializer_list<field>;

void debug(std::string_view message, fields with = {});
void info(std::string_view message, fields with = {});
void warn(std::string_view message, fields with = {});
void error(std::string_view message, fields with = {});

// Whether a line of this level is written: for fields that are costly to make.
bool enabled(level severity);

// Waits until what was logged is written, `patience` at most. Before a process ends without leaving main.
void flush(milliseconds patience);
// Lines that nobody took: a reader of standard error who does not read, or has gone, holds up nothing.
std::uint64_t lines_lost();

// One line without its line feed. Pure. Whatever bytes come in, JSON stays valid and the text stays one line.
std::string line(format shape, instant at, level severity, std::string_view program, std::string_view message,
                 fields with);

} // namespace suivi::log
