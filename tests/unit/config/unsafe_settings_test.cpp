// Each unsafe setting is told, and what is safe is not.
#include "common/config/unsafe_settings.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace suivi;
using namespace suivi::config;
namespace fs = std::filesystem;

namespace {

settings safe() {
  settings s;
  s.receiver.listen = "127.0.0.1:8080";
  s.receiver.webhook_secrets.emplace_back("example-secret-that-is-long");
  s.receiver.admin_token = secret("example-token-that-is-long");
  s.receiver.public_url = "https://hooks.example";
  return s;
}

// What the program warns of, all lines in one.
std::string warnings_of(const settings& s, program who = program::receiver) {
  std::string all;
  for (const std::string& line : unsafe_settings(who, s)) all += line + "\n";
  return all;
}

bool names(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("safe settings are warned of in neither program") {
  CHECK(warnings_of(safe()) == "");
  CHECK(warnings_of(safe(), program::reconciler) == "");
}

TEST_CASE("an open door is warned of, and more so where every address may use it") {
  settings s = safe();
  s.receiver.allow_open = true;
  CHECK(
      names(warnings_of(s), "receiver.allow_open = true: webhooks without a secret are taken from anybody"));
  s.receiver.allow_from = {"203.0.113.0/24"};
  CHECK(names(warnings_of(s), "receiver.allow_open = true: webhooks without a secret are taken;"));
  CHECK(warnings_of(s, program::reconciler) == "");
}

TEST_CASE("an address for all networks is warned of unless TLS or a proxy stands before it") {
  for (const char* listen : {"0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"}) {
    settings s = safe();
    s.receiver.listen = listen;
    CAPTURE(listen);
    CHECK(names(warnings_of(s), "receiver.listen = "));
    settings behind = s;
    behind.receiver.trusted_proxies = {"10.0.0.1/32"};
    CHECK(warnings_of(behind) == "");
    s.receiver.tls_certificate = "/nonexistent/certificate";
    CHECK(warnings_of(s) == "");
  }
  settings local = safe();
  local.receiver.listen = "[::1]:8080";
  CHECK(warnings_of(local) == "");
}

TEST_CASE("health and figures that strangers can reach are warned of by the program that serves them") {
  for (const char* listen : {"0.0.0.0:9", "[::]:9", "192.0.2.1:9", "172.32.0.1:9", "172.3.0.1:9"}) {
    settings s = safe();
    s.reconciler.listen = s.receiver.health_listen = listen;
    CAPTURE(listen);
    CHECK(names(warnings_of(s), "receiver.health_listen = "));
    CHECK_FALSE(names(warnings_of(s), "reconciler.listen = "));
    CHECK(names(warnings_of(s, program::reconciler), "reconciler.listen = "));
    CHECK_FALSE(names(warnings_of(s, program::reconciler), "health_listen"));
  }
  for (const char* listen : {"127.0.0.1:9", "[::1]:9", "10.1.2.3:9", "192.168.0.1:9", "172.16.0.1:9",
                             "172.31.0.1:9", "[fd00::1]:9"}) {
    settings s = safe();
    s.reconciler.listen = s.receiver.health_listen = listen;
    CAPTURE(listen);
    CHECK(warnings_of(s) == "");
    CHECK(warnings_of(s, program::reconciler) == "");
  }
}

TEST_CASE("short secrets and a short token are warned of, a mask that is read back is not") {
  settings s = safe();
  s.receiver.webhook_secrets.emplace_back("example-15-long");
  s.receiver.admin_token = secret("example-15-long");
  CHECK(names(warnings_of(s), "receiver.webhook_secrets: "));
  CHECK(names(warnings_of(s), "receiver.admin_token is shorter than 16 characters"));
  CHECK_FALSE(names(warnings_of(s), "example-15-long"));
  s = safe();
  s.receiver.webhook_secrets.emplace_back("***");
  s.receiver.admin_token = secret("***");
  CHECK(warnings_of(s) == "");
}

TEST_CASE("secrets that are the papers' examples are warned of, and a proxy that is everybody is none") {
  settings s = safe();
  s.receiver.webhook_secrets.emplace_back("a long random text");
  s.receiver.admin_token = secret("another-long-random-text");
  CHECK(names(warnings_of(s), "receiver.webhook_secrets: a secret is the example"));
  CHECK(names(warnings_of(s), "receiver.admin_token is the example"));
  s = safe();
  s.receiver.listen = "0.0.0.0:8080";
  s.receiver.trusted_proxies = {"0.0.0.0/0"};
  CHECK(names(warnings_of(s), "receiver.listen = "));
  s.receiver.trusted_proxies = {"0.0.0.0/0", "192.0.2.1"};
  CHECK_FALSE(names(warnings_of(s), "receiver.listen = "));
}

TEST_CASE("ranges that are as good as everybody, and names that look like loopback, are warned of") {
  settings s = safe();
  s.receiver.listen = "0.0.0.0:8080";
  s.receiver.trusted_proxies = {"0.0.0.0/1", "128.0.0.0/1"};
  CHECK(names(warnings_of(s), "receiver.trusted_proxies: 128.0.0.0/1"));
  CHECK(names(warnings_of(s), "receiver.listen = "));
  s.receiver.trusted_proxies = {"2000::/3"};
  CHECK(names(warnings_of(s), "receiver.trusted_proxies: 2000::/3"));
  s.receiver.trusted_proxies = {"10.0.0.0/8", "fc00::/7"};
  CHECK(warnings_of(s) == "");
  s.receiver.allow_open = true;
  s.receiver.allow_from = {"0.0.0.0/0"};
  CHECK(names(warnings_of(s), "are taken from anybody"));
  s = safe();
  s.base_urls[index_of(courier_kind::guepex)] = "http://127.example/v1";
  CHECK(names(warnings_of(s), "guepex.base_url = "));
  s.base_urls[index_of(courier_kind::guepex)] = "http://[::1]:4010";
  CHECK(warnings_of(s) == "");
}

TEST_CASE("a token that is a webhook secret too is warned of") {
  settings s = safe();
  s.receiver.webhook_secrets.emplace_back(std::string(s.receiver.admin_token.reveal()));
  CHECK(names(warnings_of(s), "receiver.admin_token is one of receiver.webhook_secrets"));
  s.receiver.admin_token = secret("***");
  s.receiver.webhook_secrets = {secret("***")};
  CHECK(warnings_of(s) == "");
}

TEST_CASE("a proxy list that holds everybody, and keys and secrets sent unencrypted, are warned of") {
  settings s = safe();
  s.receiver.trusted_proxies = {"::/0"};
  CHECK(names(warnings_of(s), "receiver.trusted_proxies: ::/0"));
  s = safe();
  s.receiver.public_url = "http://hooks.example:8080/suivi";
  CHECK(names(warnings_of(s), "receiver.public_url = "));
  CHECK(names(warnings_of(s, program::reconciler), "receiver.public_url = "));
  s.receiver.public_url = "http://127.0.0.1:8080";
  CHECK(warnings_of(s) == "");
  s.base_urls[index_of(courier_kind::guepex)] = "http://courier.example/v1";
  CHECK(names(warnings_of(s, program::reconciler), "guepex.base_url = "));
  s.base_urls[index_of(courier_kind::guepex)] = "http://localhost:4010";
  CHECK(warnings_of(s) == "");
}

TEST_CASE(
    "a secret's file and a settings file with a secret in it are warned of where every user may read them") {
  std::string pattern = (fs::temp_directory_path() / "suivi-unsafe-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  fs::path folder = pattern;
  std::string file = (folder / "suivi.toml").string();
  std::ofstream(file)
      << "[receiver]\nwebhook_secrets = [\"example-secret-that-is-long\"]\nlisten = \"127.0.0.1:1\"\n";
  environment env{{"DATABASE_URL", "postgresql://localhost/shop"}};
  auto warnings = [&](purpose use) {
    auto read = load(program::receiver, file, env, false, use);
    REQUIRE(read.has_value());
    return read->warnings;
  };
  fs::permissions(file, fs::perms::owner_read | fs::perms::others_read);
  REQUIRE(warnings(purpose::check).size() == 1);
  CHECK(names(warnings(purpose::check).front(), "it holds receiver.webhook_secrets, and every user"));
  CHECK(warnings(purpose::run).empty());
  fs::permissions(file, fs::perms::owner_read | fs::perms::group_read);
  CHECK(warnings(purpose::check).empty());

  settings s = safe();
  s.secret_files["database.url"] = file;
  s.receiver.tls_key = file;
  CHECK(warnings_of(s) == "");
  fs::permissions(file, fs::perms::owner_read | fs::perms::others_read);
  CHECK(names(warnings_of(s), "database.url_file = "));
  CHECK(names(warnings_of(s), "receiver.tls_key = "));
  CHECK_FALSE(names(warnings_of(s, program::reconciler), "receiver.tls_key"));
  CHECK_FALSE(readable_by_all((folder / "none").string()));
  fs::remove_all(folder);
}

TEST_CASE("settings, secrets, certificate and spool that every user may change are warned of") {
  std::string pattern = (fs::temp_directory_path() / "suivi-unsafe-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  fs::path folder = pattern;
  std::string file = (folder / "suivi.toml").string();
  std::ofstream(file) << "[receiver]\nlisten = \"127.0.0.1:1\"\n"; // no secret in it
  environment env{{"DATABASE_URL", "postgresql://localhost/shop"},
                  {"MAYSTRO_WEBHOOK_SECRET", "example-secret-that-is-long"}};
  settings s = safe();
  s.secret_files["database.url"] = s.receiver.tls_certificate = s.receiver.tls_key = file;
  s.receiver.spool = folder.string();
  CHECK(warnings_of(s).find("can change") == std::string::npos);
  fs::permissions(file, fs::perms::owner_all | fs::perms::others_write);
  fs::permissions(folder, fs::perms::owner_all | fs::perms::others_write);
  for (const char* key :
       {"database.url_file", "receiver.tls_certificate", "receiver.tls_key", "receiver.spool"})
    CHECK(names(warnings_of(s), std::string(key) + " = "));
  CHECK_FALSE(names(warnings_of(s, program::reconciler), "receiver."));
  auto read = load(program::receiver, file, env, false, purpose::check);
  REQUIRE(read.has_value());
  REQUIRE(read->warnings.size() == 1);
  CHECK(names(read->warnings.front(), "settings file = "));
  CHECK(names(read->warnings.front(), "can change it"));
  fs::remove_all(folder);
}
