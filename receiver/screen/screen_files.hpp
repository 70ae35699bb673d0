// The files of the screen as the build put them into the program. The table is made by embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace suivi::receiver {

struct screen_file {
  std::string_view name; // below /assets/: js/app.js; index.html is served at /
  std::string_view content_type;
  std::string_view hash; // of the content, as hexadecimal digits
  std::span<const unsigned char> plain;
  std::span<const unsigned char> gzip;
};

[[nodiscard]] std::span<const screen_file> screen_files();

} // namespace suivi::receiver
