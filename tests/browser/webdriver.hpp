// A browser that a test drives as a person would: Debian's Chromium through chromedriver (W3C WebDriver).
//
// Promises: it knows no host but 127.0.0.1; its profile is its own and goes with it; it is gone when the
// object is. A request that fails throws, naming it.
#pragma once

#include "tests/programs/program.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::test {

namespace json = boost::json;

struct window_size {
  int width = 1440;
  int height = 900;
  bool phone = false; // touch, and no scroll bars
};
inline constexpr window_size desktop{};
inline constexpr window_size phone{390, 844, true};

class browser {
 public:
  explicit browser(window_size size = desktop);
  browser(const browser&) = delete;
  browser& operator=(const browser&) = delete;
  ~browser();

  void open(const std::string& url);
  void resize(window_size size);

  // What the body of a JavaScript function returns; a promise is waited for. `arguments` are its arguments.
  json::value run(std::string_view script, json::array arguments = {});
  [[nodiscard]] std::string text(std::string_view script, json::array arguments = {});
  [[nodiscard]] bool holds(std::string_view script, json::array arguments = {});
  // Until the expression is true; throws, naming it and with a picture taken, after the limit.
  void await(std::string_view expression, json::array arguments = {});

  [[nodiscard]] bool shows(const std::string& selector); // there, and seen
  [[nodiscard]] std::string text_of(const std::string& selector);
  void click(const std::string& selector); // waits for it
  void type(const std::string& selector, const std::string& text);
  void press(const std::string& key); // to what has the focus

  // What the console said since it was last asked, worse than a notice.
  std::vector<std::string> complaints();
  // The addresses that were asked for since it was last asked.
  std::vector<std::string> requests();
  // The whole page into pictures/NAME.png of the build; its size in bytes.
  std::size_t picture(const std::string& name);

 private:
  bool holds_soon(const json::object& question);
  std::string start_driver(); // its address
  json::value command(const std::string& method, const std::string& path, const json::object& body = {});
  json::value devtools(const std::string& name, json::object parameters);
  std::string find(const std::string& selector);
  void touch(const std::string& selector, const std::string& action, const json::object& with);
  void keys(const std::string& element, const std::string& text);

  std::optional<program> driver_;
  std::string session_; // its address
  window_size size_;
};

// The keys of WebDriver that stand for no character.
inline const std::string key_enter = "\uE007", key_escape = "\uE00C", key_tab = "\uE004",
                         key_right = "\uE014", key_left = "\uE012", key_down = "\uE015";

} // namespace suivi::test
