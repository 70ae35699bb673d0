// Takes the README's pictures from a running demo: screen-pictures URL TOKEN. Light and dark, into
// build/<preset>/pictures.
#include "tests/browser/webdriver.hpp"

#include <cstdio>
#include <exception>

namespace {

constexpr std::size_t bytes_max = 150 * 1024; // of a picture in a README

// False where a picture is larger than it may be.
bool take_pictures(const std::string& url, const std::string& token) {
  suivi::test::browser b({1360, 900, false});
  b.open(url);
  b.type("form input[type=password]", token);
  b.click("form button[type=submit]");
  bool small = true;
  for (const std::string theme : {"light", "dark"}) {
    b.run("localStorage.setItem('theme', arguments[0]); location.reload()", {theme});
    b.await(
        "document.documentElement.dataset.theme === arguments[0] && document.querySelector('.feed li') && "
        "document.body.dataset.ready",
        {theme});
    std::size_t bytes = b.picture("readme-" + theme);
    std::printf("readme-%s.png: %zu bytes\n", theme.c_str(), bytes);
    small = small && bytes < bytes_max;
  }
  return small;
}

} // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: screen-pictures URL TOKEN\n");
    return 2;
  }
  try {
    return take_pictures(arguments[1], arguments[2]) ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "screen-pictures: %s\n", e.what());
    return 1;
  }
}
