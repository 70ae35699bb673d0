// Secrets in files, as systemd credentials and containers give them: one form of two, and every fault named.
#include "common/config/secret_file.hpp"

#include "common/config/setting_table.hpp"
#include "common/config/settings.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace suivi::config;
namespace fs = std::filesystem;

namespace {

class folder {
 public:
  folder() {
    std::string pattern = (fs::temp_directory_path() / "suivi-secrets-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~folder() { fs::remove_all(path_); }
  // The path of a new file.
  [[nodiscard]] std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

boost::system::result<loaded, std::vector<std::string>> load_with(const folder& in, const environment& env,
                                                                  const std::string& toml = "",
                                                                  purpose use = purpose::run) {
  return load(program::receiver, in.file("suivi.toml", toml), env, false, use);
}

settings good(const folder& in, const environment& env, const std::string& toml = "") {
  auto result = load_with(in, env, toml);
  if (result.has_error())
    for (const std::string& line : result.error()) MESSAGE(line);
  REQUIRE(result.has_value());
  CHECK(result->warnings.empty());
  return result->values;
}

std::string the_mistake(const folder& in, const environment& env, const std::string& toml = "") {
  auto result = load_with(in, env, toml);
  REQUIRE(result.has_error());
  CHECK(result.error().size() == 1);
  return result.error().front();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a secret is the file's content without its last line break") {
  folder in;
  for (auto [content, wanted] : {std::pair("example-1", "example-1"), std::pair("example-1\n", "example-1"),
                                 std::pair("example-1\r\n", "example-1"), std::pair("a b \n\n", "a b \n")})
    CHECK(read_secret_file(in.file("secret", content))->reveal() == wanted);
}

TEST_CASE("every secret setting can stand in a file, named in the environment or in the settings file") {
  folder in;
  environment of_environment{
      {"DATABASE_URL_FILE", in.file("url", "postgresql://localhost/shop\n")},
      {"MAYSTRO_WEBHOOK_SECRET_FILE", in.file("secrets", "one, with comma\r\n\ntwo\n")},
      {"SUIVI_ADMIN_TOKEN_FILE", in.file("token", "example-token")}};
  settings s = good(in, of_environment);
  CHECK(s.database.url.reveal() == "postgresql://localhost/shop");
  REQUIRE(s.receiver.webhook_secrets.size() == 2);
  CHECK(s.receiver.webhook_secrets[0].reveal() == "one, with comma");
  CHECK(s.receiver.webhook_secrets[1].reveal() == "two");
  CHECK(s.receiver.admin_token.reveal() == "example-token");

  environment own_names{{"SUIVI_DATABASE_URL_FILE", in.path("url")},
                        {"SUIVI_RECEIVER_WEBHOOK_SECRETS_FILE", in.path("secrets")},
                        {"SUIVI_RECEIVER_ADMIN_TOKEN_FILE", in.path("token")}};
  CHECK(to_toml(good(in, own_names)) == to_toml(s));

  // Relative paths start at the settings file's folder.
  settings of_file = good(in, {},
                          "[database]\nurl_file = \"url\"\n[receiver]\nwebhook_secrets_file = \"secrets\"\n"
                          "admin_token_file = \"./token\"\n");
  CHECK(to_toml(of_file) == to_toml(s));
}

TEST_CASE("accounts of the environment may have their keys in files") {
  folder in;
  environment env{{"DATABASE_URL", "host=localhost"},
                  {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                  {"MAYSTRO_API_KEY_FILE", in.file("key", "example-key\n")},
                  {"MAYSTRO_API_KEY_2_FILE", in.file("key-2", "Token example-key-2")},
                  {"MAYSTRO_API_KEY_2_NAME", "Oran"}};
  settings s = good(in, env);
  REQUIRE(s.maystro.accounts.size() == 2);
  CHECK(s.maystro.accounts[0].id == "env");
  CHECK(s.maystro.accounts[0].api_key.reveal() == "example-key");
  CHECK(s.maystro.accounts[1].id == "env-2");
  CHECK(s.maystro.accounts[1].name == "Oran");
  CHECK(s.maystro.accounts[1].api_key.reveal() == "example-key-2");

  env["MAYSTRO_API_KEY"] = "example-key";
  std::string both = the_mistake(in, env);
  CHECK(contains(both, "MAYSTRO_API_KEY = ***"));
  CHECK(contains(both, "MAYSTRO_API_KEY_FILE"));
  env.erase("MAYSTRO_API_KEY");
  env["MAYSTRO_API_KEY_2_FILE"] = in.path("nowhere");
  std::string missing = the_mistake(in, env);
  CHECK(contains(missing, "MAYSTRO_API_KEY_2_FILE = \"" + in.path("nowhere") + "\""));
  CHECK(contains(missing, "No such file"));
}

TEST_CASE("both forms of a secret are a mistake, wherever each is given") {
  folder in;
  std::string path = in.file("url", "postgresql://localhost/shop");
  const environment secret{{"MAYSTRO_WEBHOOK_SECRET", "example-secret"}};
  const std::string value_in_file = "[database]\nurl = \"postgresql://u:example-password@h/d\"\n";
  const std::string path_in_file = "[database]\nurl_file = \"url\"\n";
  std::vector<std::pair<environment, std::string>> cases{
      {{{"DATABASE_URL", "host=a"}, {"SUIVI_DATABASE_URL_FILE", path}}, ""},
      {{{"DATABASE_URL", "host=a"}}, path_in_file},
      {{{"DATABASE_URL_FILE", path}}, value_in_file},
      {{}, value_in_file + "url_file = \"url\"\n"}};
  for (auto& [env, toml] : cases) {
    env.insert(secret.begin(), secret.end());
    std::string line = the_mistake(in, env, toml);
    CAPTURE(line);
    CHECK(contains(line, "database.url = ***"));
    CHECK(contains(line, "database.url_file = "));
    CHECK(contains(line, "one of the two"));
    CHECK_FALSE(contains(line, "example-password"));
  }
}

TEST_CASE("a file that gives no secret is a mistake that names key, file and reason") {
  folder in;
  struct {
    std::string path, reason;
  } cases[] = {{in.path("nowhere"), "No such file"},
               {in.path(""), "Is a directory"},
               {in.file("empty", ""), "is empty"},
               {in.file("break", "\n"), "is empty"},
               {in.file("large", std::string(70'000, 'x')), "larger than"},
               {"/dev/zero", "larger than"},
               {in.file("wrong", "mysql://u:example-password@h/d"), "allowed is postgresql://"}};
  for (const auto& one : cases) {
    std::string line =
        the_mistake(in, {{"DATABASE_URL_FILE", one.path}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
    CAPTURE(line);
    CHECK(contains(line, "database.url"));
    CHECK(contains(line, one.path));
    CHECK(contains(line, one.reason));
    CHECK_FALSE(contains(line, "example-password"));
  }
  std::string blank = the_mistake(
      in, {{"DATABASE_URL", "host=a"}, {"MAYSTRO_WEBHOOK_SECRET_FILE", in.file("blank", "\n\n\n")}});
  CHECK(contains(blank, "receiver.webhook_secrets_file"));
  std::string number = the_mistake(in, {{"DATABASE_URL", "host=a"}}, "[receiver]\nadmin_token_file = 5\n");
  CHECK(contains(number, "receiver.admin_token_file = 5"));
}

TEST_CASE("a pipe is read, and whoever reads the settings while he serves waits for none") {
  folder in;
  std::string silent = in.path("silent");
  REQUIRE(::mkfifo(silent.c_str(), 0600) == 0);
  environment env{{"DATABASE_URL", "host=a"}, {"MAYSTRO_WEBHOOK_SECRET_FILE", silent}};
  auto secrets = load_with(in, env, "", purpose::run_again);
  REQUIRE(secrets.has_error());
  CHECK(contains(secrets.error().front(), "nothing came through"));
  auto file = load(program::receiver, silent, env, false, purpose::run_again);
  REQUIRE(file.has_error());
  CHECK(contains(file.error().front(), "nothing came through"));
  auto endless = load(program::receiver, "/dev/zero", env, false);
  REQUIRE(endless.has_error());
  CHECK(contains(endless.error().front(), "larger than"));

  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::string path = "/dev/fd/" + std::to_string(ends[0]);
  CHECK(::write(ends[1], "example", 7) == 7);
  CHECK(read_secret_file(path, milliseconds(0)).has_error()); // more may come
  CHECK(::write(ends[1], "example", 7) == 7);
  ::close(ends[1]);
  CHECK(read_secret_file(path)->reveal() == "example");
  ::close(ends[0]);
}

TEST_CASE("only secrets have a file form") {
  folder in;
  environment env{{"DATABASE_URL", "host=a"}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}};
  CHECK(contains(the_mistake(in, env, "[receiver]\nlisten_file = \"x\"\n"), "receiver.listen_file"));
  env["SUIVI_RECEIVER_LISTEN_FILE"] = "x";
  auto result = load_with(in, env);
  REQUIRE(result.has_value());
  CHECK(result->warnings.size() == 1);
}

TEST_CASE("what is printed names the file, reads back, and can be run with") {
  folder in;
  environment env{{"DATABASE_URL_FILE", in.file("url", "postgresql://u:example-password@localhost/shop")},
                  {"MAYSTRO_WEBHOOK_SECRET_FILE", in.file("secrets", "example-secret")}};
  settings s = good(in, env);
  std::string printed = to_toml(s);
  CHECK(contains(printed, "url_file = \"" + in.path("url") + "\""));
  CHECK_FALSE(contains(printed, "example-"));
  settings again = good(in, {}, printed);
  CHECK(to_toml(again) == printed);
  CHECK(again.database.url.reveal() == s.database.url.reveal());
  std::string json = to_json(s);
  CHECK(contains(json, R"("url":"***","url_file":)"));
  CHECK_FALSE(contains(json, "example-"));
}
