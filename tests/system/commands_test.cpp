// What both programs answer on their command line without a database.
#include "tests/programs/program.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace suivi::test;

namespace {

const std::vector<std::string> both{"suivi-receiver", "suivi-reconciler"};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

long lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

// A file with this content, gone at the end.
class file_of {
 public:
  file_of(const std::string& name, const std::string& content)
      : path((std::filesystem::temp_directory_path() / (std::to_string(getpid()) + "-" + name)).string()) {
    std::ofstream(path, std::ios::binary) << content;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  }
  ~file_of() { std::filesystem::remove(path); }
  file_of(const file_of&) = delete;
  file_of& operator=(const file_of&) = delete;
  const std::string path;
};

} // namespace

TEST_CASE("version and help are printed with status 0") {
  for (const std::string& name : both) {
    CAPTURE(name);
    auto version = run_program(name, {"--version"});
    CHECK(version.status == 0);
    CHECK(contains(version.output, name));
    auto help = run_program(name, {"--help"});
    CHECK(help.status == 0);
    CHECK(contains(help.output, "--check-config"));
  }
}

TEST_CASE("what cannot be printed is status 1 and said, not a success without its answer") {
  for (const std::string& name : both) {
    for (const char* flag : {"--version", "--help", "--check-config"}) {
      CAPTURE(name);
      CAPTURE(flag);
      std::string command = "exec " SUIVI_BIN "/" + name + " " + flag + " >/dev/full";
      auto full = run_program(
          "/bin/sh", {"-c", command},
          {{"DATABASE_URL", "postgresql://example"}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
      CHECK(full.status == 1);
      CHECK(contains(full.log, name + ": standard output cannot be written"));
    }
  }
}

TEST_CASE("wrong usage is status 2") {
  for (const std::string& name : both) {
    CHECK(run_program(name, {"--no-such-flag"}).status == 2);
    CHECK(run_program(name, {"no-such-command"}).status == 2);
  }
}

TEST_CASE("a wrong setting is status 2 and one line, of its first cause only") {
  for (const std::string& name : both) {
    auto done =
        run_program(name, {}, {{"SUIVI_LOG_LEVEL", "loud"}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
    CAPTURE(done.log);
    CHECK(done.status == 2);
    CHECK(contains(done.log, "log.level = \"loud\" (SUIVI_LOG_LEVEL): allowed is debug, info, warn, error"));
    CHECK(lines_of(done.log) == 1); // that no database is given can be said when this is mended
    auto missing = run_program(name, {}, {{"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
    CHECK(missing.status == 2);
    CHECK(contains(missing.log, "database.url = (not set)"));
    CHECK(lines_of(missing.log) == 1);
    auto broken = run_program(name, {"--config", "/dev/null/suivi.toml"});
    CHECK(broken.status == 2);
    CHECK(contains(broken.log, "settings file = \"/dev/null/suivi.toml\""));
    CHECK(lines_of(broken.log) == 1);
  }
}

TEST_CASE("what check-config prints can be read back and holds no secret") {
  std::map<std::string, std::string> settings{
      {"DATABASE_URL", "postgresql://u:example-password@localhost/shop"},
      {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
      {"SUIVI_RECONCILER_TIMEZONE", "Europe/Paris"}};
  for (const std::string& name : both) {
    auto first = run_program(name, {"--check-config"}, settings);
    CHECK(first.status == 0);
    CHECK_FALSE(contains(first.output, "example-"));
    std::string file = (std::filesystem::temp_directory_path() / (name + "-printed.toml")).string();
    std::ofstream(file) << first.output;
    auto second = run_program(name, {"--check-config", "--config", file});
    CHECK(second.status == 0);
    CHECK(second.output == first.output);
    auto running = run_program(name, {"--config", file});
    CHECK(running.status == 2);
    std::filesystem::remove(file);
  }
}

TEST_CASE("check-config answers in JSON too, secrets masked") {
  for (const std::string& name : both) {
    auto done = run_program(name, {"--check-config", "--json"},
                            {{"DATABASE_URL", "postgresql://u:example-password@localhost/shop"},
                             {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                             {"MAYSTRO_API_KEY", "example-key"}});
    CHECK(done.status == 0);
    CHECK_FALSE(contains(done.output, "example-"));
    auto json = boost::json::parse(done.output);
    CHECK(json.at("database").at("url").as_string() == "***");
    CHECK(json.at("database").at("pool").as_int64() == 4);
    CHECK(json.at("receiver").at("public_url").is_null());
    CHECK(json.at("receiver").at("allow_open").as_bool() == false);
    CHECK(json.at("reconciler").at("schedule").as_array().size() == 4);
    CHECK(json.at("accounts").at(0).at("id").as_string() == "env");
  }
}

TEST_CASE("secrets are read from files, and a file that gives none is status 2 and one line") {
  file_of url("url", "postgresql://u:example-password@localhost/shop\n");
  file_of secrets("secrets", "example-secret-1\nexample-secret-2\n");
  file_of empty("empty", "");
  for (const std::string& name : both) {
    CAPTURE(name);
    std::map<std::string, std::string> settings{{"DATABASE_URL_FILE", url.path},
                                                {"MAYSTRO_WEBHOOK_SECRET_FILE", secrets.path},
                                                {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:8080"}};
    auto good = run_program(name, {"--check-config"}, settings);
    CHECK(good.status == 0);
    CHECK(good.log.empty());
    CHECK(contains(good.output, "url_file = \"" + url.path + "\""));
    CHECK_FALSE(contains(good.output, "example-"));
    for (auto [variable, value, wanted] :
         {std::tuple("DATABASE_URL", std::string("host=a"), std::string("one of the two")),
          std::tuple("DATABASE_URL_FILE", empty.path, std::string("is empty")),
          std::tuple("MAYSTRO_API_KEY_FILE", std::string("/nonexistent/key"), std::string("No such file"))}) {
      auto changed = settings;
      changed[variable] = value;
      for (const auto& arguments : {std::vector<std::string>{"--check-config"}, std::vector<std::string>{}}) {
        auto bad = run_program(name, arguments, changed);
        CAPTURE(bad.log);
        CHECK(bad.status == 2);
        CHECK(bad.output.empty());
        CHECK(lines_of(bad.log) == 1);
        CHECK(contains(bad.log, variable));
        CHECK(contains(bad.log, value == "host=a" ? url.path : value));
        CHECK(contains(bad.log, wanted));
      }
    }
  }
}

TEST_CASE("a database address that libpq cannot use is status 2 at the start, never a program that waits for "
          "ever") {
  for (const std::string& name : both)
    for (auto [url, part] :
         {std::pair("postgresql://u:example-password@localhost/shop?sslmode=strict", "sslmode"),
          std::pair("postgresql://u:example-password@localhost/shop?sslmod=require", "sslmod"),
          std::pair("postgresql://u:example-password@localhost/shop?options=%zz", "options"),
          std::pair("postgresql://u:example-password@localhost:port/shop", "port"),
          std::pair("host=localhost password=example password", "password")})
      for (const auto& arguments : {std::vector<std::string>{"--check-config"}, std::vector<std::string>{},
                                    std::vector<std::string>{"migrate"}}) {
        auto bad = run_program(name, arguments,
                               {{"DATABASE_URL", url}, {"MAYSTRO_WEBHOOK_SECRET", "example-secret"}});
        CAPTURE(bad.log);
        CHECK(bad.status == 2);
        CHECK(lines_of(bad.log) == 1);
        CHECK(contains(bad.log, "database.url = ***: "));
        CHECK(contains(bad.log, part));
        CHECK_FALSE(contains(bad.log, "example-password"));
      }
}

TEST_CASE("parameters of other clients in the database address are dropped with a warning that names them") {
  for (const std::string& name : both) {
    auto done = run_program(
        name, {"--check-config"},
        {{"DATABASE_URL", " postgresql://u@localhost/"
                          "shop?schema=s&pgbouncer=true&uselibpqcompat=true&sslmode=no-verify&Charset=x"
                          "&supa=base-pooler.x&workaround=supabase-pooler.vercel\n"},
         {"MAYSTRO_WEBHOOK_SECRET", "example-secret-1"},
         {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:8080"}});
    CAPTURE(done.log);
    CHECK(done.status == 0);
    CHECK(lines_of(done.log) == 5);
    for (const char* dropped : {"uselibpqcompat", "sslmode=no-verify", "Charset", "supa", "workaround"})
      CHECK(contains(done.log, dropped));
    CHECK_FALSE(contains(done.log, "pgbouncer"));
  }
}

TEST_CASE("check-config warns of each setting that is unsafe, once and without its value, and is status 0") {
  file_of open_url("open-url", "postgresql://u:example-password@db.example/shop?sslmode=require\n");
  std::filesystem::permissions(open_url.path, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  std::map<std::string, std::string> settings{{"DATABASE_URL_FILE", open_url.path},
                                              {"MAYSTRO_WEBHOOK_SECRET", "example-short"},
                                              {"SUIVI_ADMIN_TOKEN", "example-few"},
                                              {"SUIVI_RECEIVER_ALLOW_OPEN", "true"},
                                              {"SUIVI_RECEIVER_PUBLIC_URL", "http://hooks.example"},
                                              {"MAYSTRO_BASE_URL", "http://courier.example"}};
  for (const std::string& name : both) {
    auto done = run_program(name, {"--check-config"}, settings);
    CAPTURE(done.log);
    CHECK(done.status == 0);
    CHECK_FALSE(contains(done.log, "example-"));
    std::vector<std::string> expected{"database.url: sslmode = require", "database.url_file = ",
                                      "maystro.base_url = ", "receiver.public_url = "};
    if (name == "suivi-receiver")
      expected.insert(expected.end(), {"receiver.allow_open = true", "receiver.webhook_secrets: ",
                                       "receiver.admin_token is ", "receiver.listen = \"0.0.0.0:8080\""});
    for (const std::string& part : expected)
      CHECK_MESSAGE(contains(done.log, name + ": warning: " + part), part);
    CHECK(lines_of(done.log) == static_cast<long>(expected.size()));
  }
}

TEST_CASE("a database on another machine is warned of also where libpq is given its host in other ways") {
  for (const auto& [url, host] : {std::pair{"dbname=shop", "db.example"},
                                  {"postgresql:///shop", "127.0.0.1,db.example"},
                                  {"postgresql://127.example/shop", ""},
                                  {"postgresql:///shop", "127.0.0.1"}}) {
    CAPTURE(url);
    CAPTURE(host);
    auto done =
        run_program("suivi-reconciler", {"--check-config"}, {{"DATABASE_URL", url}, {"PGHOST", host}});
    CHECK(done.status == 0);
    CHECK(contains(done.log, "database.url: sslmode is not set") == (std::string(host) != "127.0.0.1"));
  }
}

TEST_CASE("check-config warns of nothing where nothing is unsafe") {
  file_of url("safe-url", "postgresql://u:example-password@db.example/shop?sslmode=verify-full\n");
  std::map<std::string, std::string> settings{{"DATABASE_URL_FILE", url.path},
                                              {"MAYSTRO_WEBHOOK_SECRET", "example-secret-that-is-long"},
                                              {"SUIVI_ADMIN_TOKEN", "example-token-that-is-long"},
                                              {"SUIVI_RECEIVER_TRUSTED_PROXIES", "10.0.0.1"},
                                              {"SUIVI_RECEIVER_PUBLIC_URL", "https://hooks.example"}};
  for (const std::string& name : both) {
    auto done = run_program(name, {"--check-config"}, settings);
    CHECK(done.status == 0);
    CHECK(done.log == "");
  }
}
