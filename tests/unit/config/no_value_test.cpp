// What TOML has no value for: the mistake names the setting all the same, and shows nothing of a secret.
#include "common/config/setting_table.hpp"
#include "common/config/settings.hpp"
#include "tests/support/folder.hpp"

#include <doctest/doctest.h>
#include <fstream>

using namespace suivi::config;

namespace {

// With nothing in the environment that wins over the file's value.
std::string mistake_in(const std::string& toml, const key* of = nullptr) {
  environment env{{"DATABASE_URL", "postgresql://localhost/shop"},
                  {"MAYSTRO_WEBHOOK_SECRET", "example-secret-1"}};
  if (of != nullptr) env.erase(std::string(of->alias));
  suivi::test::folder place;
  std::string path = place.path() + "/suivi.toml";
  std::ofstream(path) << toml;
  auto result = load(program::receiver, path, env, false);
  REQUIRE(result.has_error());
  REQUIRE(result.error().size() == 1);
  return result.error().front();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE(
    "what TOML has no value for names the key, the value and what is allowed, and of a secret no part") {
  struct wrong {
    std::string value, expected;
  };
  const std::string many(300, '9');
  const std::string integer = "99999999999999999999", hex = "0xFFFFFFFFFFFFFFFFFF";
  for (const key& k : all_keys())
    for (const auto& [value, expected] :
         {wrong{integer, integer}, wrong{hex, hex}, wrong{many, many.substr(0, 120) + "…"}, wrong{"1.", "1."},
          wrong{"seven", "seven"}, wrong{"", "(nothing)"}, wrong{"\"open", R"("open)"},
          wrong{"1979-13-45", "1979-13-45"}, wrong{"4 5", R"("4 5")"},
          wrong{"[\n  " + integer + "\n]", R"("[\u000A  )" + integer + '"'}}) {
      CAPTURE(k.path());
      CAPTURE(value);
      std::string toml = "# x = [\n[" + std::string(k.section == "log" ? "database" : "log") + "]\n\n[" +
                         std::string(k.section) + " ]\n" + std::string(k.name) + " = " + value + "\n";
      std::string line = mistake_in(toml, &k);
      CHECK(line.starts_with(k.path() + " = " + (k.is_secret ? std::string(mask) : expected) + " ("));
      CHECK(contains(line, k.allowed));
      CHECK_FALSE(contains(line, "\n"));
      if (k.is_secret) CHECK_FALSE(contains(line, "9999"));
    }
}

TEST_CASE("a file that is no TOML where it names no setting is told by its line, without what it says") {
  CHECK_FALSE(contains(mistake_in("[nowhere]\nx = 99999999999999999999"), "9999"));
  CHECK(contains(mistake_in("[database]\npool = 4\n99999999999999999999\n"), "line 3"));
  CHECK(contains(mistake_in("[database]\nurl_file = 99999999999999999999\n"), "database.url_file = *** ("));
}

TEST_CASE("what stands twice in the file is said to, without its value") {
  CHECK(contains(mistake_in("[log]\nlevel = \"info\"\nlevel = \"warn\"\n"),
                 "line 3): given twice; allowed is once"));
  CHECK(mistake_in("[receiver]\nadmin_token = \"a\"\nadmin_token = \"b\"\n")
            .starts_with("receiver.admin_token ("));
  std::string section = mistake_in("[receiver]\nmax_body = \"1MiB\"\n[receiver]\nlisten = \"127.0.0.1:0\"\n");
  CHECK(contains(section, "line 3"));
  CHECK(contains(section, "redefine"));
  CHECK_FALSE(contains(section, "max_body"));
}

TEST_CASE("a list that is long is cut in a mistake") {
  std::string items;
  for (int i = 0; i < 100'000; ++i) items += "\"25:00\",";
  CHECK(mistake_in("[reconciler]\nschedule = [" + items + "]").size() < 500);
}
