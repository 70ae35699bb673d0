// Loading as a whole: precedence, every mistake at once, secrets that stay secret, printing that reads back.
#include "common/config/settings.hpp"

#include "common/config/setting_table.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace suivi::config;
using suivi::courier_kind;
using suivi::default_courier;
namespace fs = std::filesystem;

namespace {

// A folder with a settings file in it, gone at the end.
class settings_file {
 public:
  explicit settings_file(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "suivi-config-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    std::ofstream(path()) << text;
  }
  ~settings_file() { fs::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return (folder_ / "suivi.toml").string(); }
  [[nodiscard]] fs::path folder() const { return folder_; }
  // Another file in the same folder; its path.
  [[nodiscard]] std::string add(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return (folder_ / name).string();
  }

 private:
  fs::path folder_;
};

const environment enough{{"DATABASE_URL", "postgresql://localhost/shop"},
                         {"MAYSTRO_WEBHOOK_SECRET", "example-secret-1"}};

environment with(environment more, const environment& base = enough) {
  more.insert(base.begin(), base.end());
  return more;
}

loaded good(const std::string& toml, const environment& env = enough, program who = program::receiver) {
  settings_file file(toml);
  auto result = load(who, file.path(), env, false);
  if (result.has_error())
    for (const std::string& line : result.error()) MESSAGE(line);
  REQUIRE(result.has_value());
  return *result;
}

std::vector<std::string> bad(const std::string& toml, const environment& env = enough,
                             program who = program::receiver) {
  settings_file file(toml);
  auto result = load(who, file.path(), env, false);
  REQUIRE(result.has_error());
  return result.error();
}

// With nothing in the environment that wins over the file's value.
std::vector<std::string> bad_alone(const key& k, const std::string& toml) {
  environment env = enough;
  env.erase(std::string(k.alias));
  return bad(toml, env);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("an empty file and what is required give the defaults") {
  settings s = good("").values;
  CHECK(s.database.pool == 4);
  CHECK(s.receiver.listen == "0.0.0.0:8080");
  CHECK(s.receiver.max_body_bytes == 256 * 1024);
  CHECK(s.reconciler.timezone == "Africa/Algiers");
  CHECK(s.reconciler.schedule.size() == 4);
  CHECK(s.retention.events == std::chrono::hours(24 * 90));
  CHECK(s.log.format == "json");
}

TEST_CASE("the environment wins over the file and the file over the default") {
  std::string file = "[receiver]\nlisten = \"127.0.0.1:9000\"\nmax_connections = 7\n";
  settings s = good(file, with({{"SUIVI_RECEIVER_LISTEN", "127.0.0.1:9001"}})).values;
  CHECK(s.receiver.listen == "127.0.0.1:9001");
  CHECK(s.receiver.max_connections == 7);
}

TEST_CASE("a variable that is set to nothing counts as not set") {
  CHECK(good("[log]\nlevel = \"warn\"", with({{"SUIVI_LOG_LEVEL", ""}})).values.log.level == "warn");
}

TEST_CASE("the names existing shops use are understood and the own names win over them") {
  environment env{
      {"DATABASE_URL", "postgresql://localhost/a"},       {"SUIVI_DATABASE_URL", "postgresql://localhost/b"},
      {"MAYSTRO_BASE_URL", "https://courier.test/"},      {"WEBHOOK_BASE_URL", "https://shop.test"},
      {"MAYSTRO_WEBHOOK_SECRET", "example-1, example-2"}, {"SUIVI_ADMIN_TOKEN", "example-token"}};
  loaded l = good("", env);
  CHECK(l.values.database.url.reveal() == "postgresql://localhost/b");
  CHECK(l.values.base_urls[index_of(default_courier)] == "https://courier.test");
  CHECK(l.values.receiver.public_url == "https://shop.test");
  REQUIRE(l.values.receiver.webhook_secrets.size() == 2);
  CHECK(l.values.receiver.webhook_secrets[1].reveal() == "example-2");
  CHECK(l.values.receiver.admin_token.reveal() == "example-token");
  CHECK(l.warnings.empty());
}

TEST_CASE("every setting can be given by its environment variable") {
  for (const key& k : all_keys()) {
    CAPTURE(k.path());
    settings_file file("");
    // A value no key allows: the mistake must name the variable, hence it was read.
    auto result = load(program::receiver, file.path(), with({{k.variable(), "\x01"}}), false);
    REQUIRE(result.has_error());
    CHECK(contains(result.error().front(), k.variable()));
    CHECK(contains(result.error().front(), k.path()));
    CHECK(contains(result.error().front(), k.allowed));
  }
}

TEST_CASE("all mistakes are reported together, one line each with key, value and what is allowed") {
  auto lines = bad("[receiver]\nlisten = \"8080\"\nlissen = 1\nmax_body = \"many\"\n"
                   "[nowhere]\nx = 1\n[reconciler]\ntimezone = \"Mars/Olympus\"\nschedule = [\"25:00\"]\n");
  CHECK(lines.size() == 6);
  std::string all;
  for (const std::string& line : lines) {
    CHECK_FALSE(contains(line, "\n"));
    all += line + "\n";
  }
  CHECK(contains(all, "receiver.listen = \"8080\""));
  CHECK(contains(all, "receiver.lissen = ***"));
  CHECK(contains(all, "allowed in [receiver] are listen, public_url"));
  CHECK(contains(all, "receiver.max_body = \"many\""));
  CHECK(contains(all, "nowhere"));
  CHECK(contains(all, "reconciler.timezone = \"Mars/Olympus\""));
  CHECK(contains(all, "reconciler.schedule = [\"25:00\"]"));
}

TEST_CASE("a value of the wrong kind in the file is a mistake") {
  for (const char* text :
       {"[database]\npool = \"4\"", "[receiver]\nallow_open = \"true\"", "[receiver]\nlisten = 8080",
        "[receiver]\nallow_from = \"10.0.0.0/8\"", "[receiver]\nallow_from = [1]", "receiver = 5",
        "[receiver.listen]\nx = 1", "[maystro]\nrequest_timeout = 30", "pool = 4"}) {
    CAPTURE(text);
    CHECK(bad(text).size() == 1);
  }
}

TEST_CASE("a list that holds what is no text is shown as it stands, and one of secrets is not") {
  struct wrong {
    const char *text, *says;
    environment env = enough;
  };
  const environment no_secret{{"DATABASE_URL", "postgresql://localhost/shop"}};
  for (const wrong& one :
       {wrong{"[reconciler]\nschedule = [6, 12]", "reconciler.schedule = [6, 12] ("},
        wrong{"[reconciler]\nschedule = [\"06:00\", 12, 1.5, true, 06:00:00, [7]]",
              "reconciler.schedule = [\"06:00\", 12, 1.5, true, a date or time without quotes, [7]] ("},
        wrong{"[receiver]\nallow_from = [10]", "receiver.allow_from = [10] ("},
        wrong{"[receiver]\nwebhook_secrets = [\"example-secret\", 7]", "receiver.webhook_secrets = *** (",
              no_secret},
        wrong{"[receiver]\nwebhook_secrets_file = [\"example-secret\"]",
              "receiver.webhook_secrets_file = *** (", no_secret}}) {
    CAPTURE(one.text);
    auto lines = bad(one.text, one.env);
    CHECK(lines.front().starts_with(one.says));
    CHECK(contains(lines.front(), "allowed is "));
  }
}

TEST_CASE("no key takes a value of another kind, nothing, or something out of range") {
  constexpr const char* values[] = {"-1",  "true", "4.5",       "nan",      "\"\"",       "\"\\u0001\"",
                                    "[1]", "[[]]", "{ x = 1 }", "06:00:00", "1979-05-27", "1e300"};
  for (const key& k : all_keys())
    for (std::string_view value : values) {
      bool boolean = k.allowed == "true or false" && value == "true";
      bool rate = k.name == "requests_per_second" && value == "4.5";
      if (boolean || rate) continue;
      CAPTURE(k.path());
      CAPTURE(value);
      auto lines = bad_alone(k, "[" + std::string(k.section) + "]\n" + std::string(k.name) + " = " +
                                    std::string(value));
      REQUIRE(lines.size() == 1);
      CHECK(contains(lines.front(), k.path() + " = "));
      CHECK(contains(lines.front(), k.allowed));
    }
}

TEST_CASE("a key that is misspelled is one line that names those there are") {
  for (const key& k : all_keys()) {
    std::string name(k.name);
    for (const std::string& wrong :
         {name + "s_", name.substr(1), "\"" + name + "\\n\"", std::string("\"\""), name + ".x"}) {
      CAPTURE(wrong);
      auto lines = bad_alone(k, "[" + std::string(k.section) + "]\n" + wrong + " = 5");
      REQUIRE(lines.size() == 1);
      CHECK_FALSE(contains(lines.front(), "\n"));
      CHECK(contains(lines.front(), k.path().substr(0, k.section.size() + 1)));
      CHECK(contains(lines.front(), k.name));
    }
  }
  auto lines = bad("[\"re\\nceiver\"]\nlisten = 5");
  REQUIRE(lines.size() == 1);
  CHECK_FALSE(contains(lines.front(), "\n"));
}

TEST_CASE("a file that is missing, a folder or no TOML is a mistake") {
  CHECK(load(program::receiver, "/nonexistent/suivi.toml", enough, false).has_error());
  CHECK(load(program::receiver, "/", enough, false).has_error());
  CHECK(contains(bad("[receiver\n").front(), "line 1"));
}

TEST_CASE("no mistake shows a secret") {
  auto lines =
      bad("[receiver]\nwebhook_secrets = [\"example-secret-x \"]\nadmin_token = \"example secret x\"\n"
          "webhook_secret = \"example-secret-x\"\n[database]\nurl = \"mysql://u:example-secret-x@h/d\"\n",
          {{"MAYSTRO_API_KEY_1", "example secret x"}});
  CHECK(lines.size() >= 5);
  for (const std::string& line : lines) {
    CHECK_FALSE(contains(line, "example-secret-x"));
    CHECK_FALSE(contains(line, "example secret x"));
  }
}

TEST_CASE("unknown variables of ours warn and are otherwise ignored") {
  loaded l = good("", with({{"SUIVI_RECEIVER_LISSEN", "1"}, {"OTHER", "x"}, {"SUIVI_CONFIG", ""}}));
  REQUIRE(l.warnings.size() == 1);
  CHECK(contains(l.warnings.front(), "SUIVI_RECEIVER_LISSEN"));
}

TEST_CASE("one mistake is one line, and nothing is said of what only follows from it") {
  CHECK(bad("[receiver\n", {}).size() == 1);
  CHECK(bad("[database]\nurl = \"mysql://h/d\"", {}).size() == 1);
  CHECK(bad("[log]\nlevel = \"loud\"", {}).size() == 1);
  CHECK(bad("[database]\nurl_file = \"/nonexistent\"", {}).size() == 1);
  auto missing = load(program::receiver, "/nonexistent/suivi.toml", {}, false);
  REQUIRE(missing.has_error());
  CHECK(missing.error().size() == 1);
}

TEST_CASE("blanks and line breaks around the database's address are dropped") {
  environment env{{"DATABASE_URL", " \tpostgresql://localhost/shop\r\n"}, {"MAYSTRO_WEBHOOK_SECRET", "s"}};
  CHECK(good("", env).values.database.url.reveal() == "postgresql://localhost/shop");
}

TEST_CASE("the second health address is another one than the receiver's") {
  CHECK(good("[receiver]\nhealth_listen = \"127.0.0.1:9\"").values.receiver.health_listen == "127.0.0.1:9");
  auto lines = bad("[receiver]\nlisten = \"127.0.0.1:9\"\nhealth_listen = \"127.0.0.1:9\"");
  REQUIRE(lines.size() == 1);
  CHECK(contains(lines.front(), "receiver.health_listen = \"127.0.0.1:9\""));
  for (const char* both : {"listen = \"0.0.0.0:9\"\nhealth_listen = \"127.0.0.1:9\"",
                           "listen = \"[::1]:9\"\nhealth_listen = \"[::]:9\""})
    CHECK(contains(bad(std::string("[receiver]\n") + both).front(), "receiver.health_listen = "));
  CHECK(
      good("[receiver]\nlisten = \"127.0.0.2:9\"\nhealth_listen = \"127.0.0.1:9\"").values.receiver.listen ==
      "127.0.0.2:9");
}

TEST_CASE("the couriers beside Maystro have an address of their own") {
  CHECK(good("").values.base_urls[index_of(courier_kind::guepex)] == "https://api.yalidine.app/v1");
  CHECK(good("").values.base_urls[index_of(courier_kind::nord_west)] ==
        "https://app.noest-dz.com/api/public");
  loaded l = good("[guepex]\nbase_url = \"http://a.test/v1/\"",
                  with({{"SUIVI_NORD_WEST_BASE_URL", "http://b.test/api/public//"}}));
  CHECK(l.values.base_urls[index_of(courier_kind::guepex)] == "http://a.test/v1");
  CHECK(l.values.base_urls[index_of(courier_kind::nord_west)] == "http://b.test/api/public");
}

TEST_CASE("the receiver wants a secret unless it is open and the reconciler wants none") {
  environment database{{"DATABASE_URL", "host=localhost dbname=shop"}};
  CHECK(contains(bad("", database).front(), "receiver.webhook_secrets"));
  CHECK(good("[receiver]\nallow_open = true", database).values.receiver.webhook_secrets.empty());
  CHECK(good("", database, program::reconciler).values.database.pool == 4);
}

TEST_CASE("both programs want a database") {
  CHECK(contains(bad("", {}, program::reconciler).front(), "database.url"));
  CHECK(bad("", {}, program::receiver).size() == 2);
}

TEST_CASE("a certificate without its key is a contradiction") {
  for (program who : {program::receiver, program::reconciler})
    CHECK(contains(bad("[receiver]\ntls_certificate = \"a.pem\"", enough, who).front(),
                   "receiver.tls_key = \"\""));
  CHECK(
      good("[receiver]\ntls_certificate = \"a.pem\"\ntls_key = \"k.pem\"").values.receiver.tls_key.front() ==
      '/');
}

TEST_CASE("relative paths start at the folder of the settings file, else at the working directory") {
  settings_file file(
      "[receiver]\nspool = \"./kept\"\ntls_key = \"/etc/k.pem\"\ntls_certificate = \"../c.pem\"");
  auto l = load(program::receiver, file.path(), enough, false);
  REQUIRE(l.has_value());
  CHECK(l->values.receiver.spool == (file.folder() / "kept").string());
  CHECK(l->values.receiver.tls_key == "/etc/k.pem");
  CHECK(l->values.receiver.tls_certificate == (file.folder().parent_path() / "c.pem").string());
  auto none = load(program::receiver, "", enough, false);
  REQUIRE(none.has_value());
  CHECK(none->values.receiver.spool == (fs::current_path() / "var/spool").string());
}

TEST_CASE("the file may be named by SUIVI_CONFIG and the flag wins over it") {
  settings_file one("[database]\npool = 1"), two("[database]\npool = 2");
  environment env = with({{"SUIVI_CONFIG", one.path()}});
  CHECK(load(program::receiver, "", env, false)->values.database.pool == 1);
  CHECK(load(program::receiver, two.path(), env, false)->values.database.pool == 2);
}

TEST_CASE("accounts of the environment have ids by their number, names, and no key twice") {
  loaded l = good("", with({{"MAYSTRO_API_KEY_10", "example-key-10"},
                            {"MAYSTRO_API_KEY_2", "example-key-2"},
                            {"MAYSTRO_API_KEY", "example-key-0\n"},
                            {"MAYSTRO_API_KEY_2_NAME", "Oran"},
                            {"MAYSTRO_API_KEY_3", "example-key-2"},
                            {"MAYSTRO_API_KEY_4", ""}}));
  auto& accounts = l.values.maystro.accounts;
  REQUIRE(accounts.size() == 3);
  CHECK(accounts[0].id == "env");
  CHECK(accounts[0].api_key.reveal() == "example-key-0");
  CHECK(accounts[1].id == "env-2");
  CHECK(accounts[1].name == "Oran");
  CHECK(accounts[2].id == "env-10");
  CHECK(accounts[2].name == "env-10");
  REQUIRE(l.warnings.size() == 1);
  CHECK(contains(l.warnings.front(), "MAYSTRO_API_KEY_3"));
}

TEST_CASE("a key of the environment may stand behind the word Token in any case, and is the same key then") {
  loaded l = good("", with({{"MAYSTRO_API_KEY", "Token example-key-1"},
                            {"MAYSTRO_API_KEY_1", " TOKEN  example-key-2 "},
                            {"MAYSTRO_API_KEY_2", "example-key-1"},
                            {"MAYSTRO_API_KEY_3", "tokens-are-keys-too"}}));
  auto& accounts = l.values.maystro.accounts;
  REQUIRE(accounts.size() == 3);
  CHECK(accounts[0].api_key.reveal() == "example-key-1");
  CHECK(accounts[1].api_key.reveal() == "example-key-2");
  CHECK(accounts[2].api_key.reveal() == "tokens-are-keys-too");
  CHECK(contains(l.warnings.front(), "MAYSTRO_API_KEY_2"));
  CHECK(contains(bad("", with({{"MAYSTRO_API_KEY", "Token two words"}})).front(), "MAYSTRO_API_KEY = ***"));
}

TEST_CASE("text is the default format on a terminal only") {
  settings_file file(""), chosen("[log]\nformat = \"json\"");
  CHECK(load(program::receiver, file.path(), enough, true)->values.log.format == "text");
  CHECK(load(program::receiver, chosen.path(), enough, true)->values.log.format == "json");
}

TEST_CASE("what is printed reads back to the same settings with secrets masked") {
  environment env = with({{"SUIVI_RECEIVER_SPOOL_MAX", "3MiB"},
                          {"SUIVI_RECONCILER_SCHEDULE", "18:30,06:00"},
                          {"SUIVI_MAYSTRO_REQUESTS_PER_SECOND", "2.5"},
                          {"SUIVI_RECEIVER_ALLOW_FROM", "10.0.0.0/8,::1"},
                          {"SUIVI_ADMIN_TOKEN", "example-token"},
                          {"MAYSTRO_API_KEY", "example-key-1"},
                          {"SUIVI_RECEIVER_SPOOL", "/tmp/a \"quoted\" folder"}});
  std::string printed = to_toml(good("", env).values);
  for (const char* hidden : {"example-secret-1", "example-token", "example-key-1", "localhost/shop"})
    CHECK_FALSE(contains(printed, hidden));
  CHECK(contains(printed, "schedule = [\"06:00\", \"18:30\"]"));
  CHECK(contains(printed, "allow_from = [\"10.0.0.0/8\", \"::1/128\"]"));
  settings_file again(printed);
  auto l =
      load(program::receiver, again.path(), {{"MAYSTRO_API_KEY", "example-key-1"}}, false, purpose::check);
  REQUIRE(l.has_value());
  CHECK(to_toml(l->values) == printed);
}

TEST_CASE("a masked secret that was read back cannot be run with") {
  settings_file again(to_toml(good("").values));
  auto l = load(program::receiver, again.path(), {}, false);
  REQUIRE(l.has_error());
  CHECK(l.error().size() == 2);
}
