// The settings of both programs: one table of keys, read from a TOML file and the environment, checked as a
// whole.
//
// Precedence: environment, file, default. Every mistake is one line that names key, value and what is
// allowed. What follows from another mistake only is not reported: a file that is no TOML is the only line,
// and whether all settings fit together is looked at when each of them is right.
#pragma once

#include "common/base/error.hpp"
#include "common/base/secret.hpp"
#include "common/shipment/courier.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::config {

enum class program { receiver, reconciler }; // decides which keys are required
// A masked secret ("***") can be checked, so that what --check-config prints can be read back; it cannot be
// run with. A command demands only what it uses: the database. Who reads them again while he serves waits for
// no pipe.
enum class purpose { run, run_again, check, command };

using milliseconds = std::chrono::milliseconds;
using environment = std::map<std::string, std::string>;

struct environment_account {
  std::string id; // env, env-1, …
  std::string name;
  secret api_key;
};

// Where each courier's API is, in the order of suivi::couriers, for accounts that say no address of their
// own.
using courier_addresses = std::array<std::string, couriers.size()>;
[[nodiscard]] courier_addresses default_courier_addresses();

struct settings {
  struct {
    secret url; // may hold a password
    int pool = 4;
  } database;
  struct {
    milliseconds request_timeout{30'000};
    milliseconds read_lag{10'000};
    int max_in_flight = 10;
    double requests_per_second = 0;
    std::vector<environment_account> accounts; // MAYSTRO_API_KEY, MAYSTRO_API_KEY_1 …
  } maystro;
  courier_addresses base_urls = default_courier_addresses(); // <slug>.base_url
  struct {
    std::string listen = "0.0.0.0:8080";
    std::string public_url;
    std::vector<secret> webhook_secrets;
    bool allow_open = false;
    std::vector<std::string> allow_from;      // CIDR, checked
    std::vector<std::string> trusted_proxies; // CIDR, checked
    std::uint64_t max_body_bytes = 256 * 1024;
    int max_connections = 10'000;
    secret admin_token;
    std::string tls_certificate;
    std::string tls_key;
    std::string spool = "var/spool"; // made absolute
    std::uint64_t spool_max_bytes = 1ull << 30;
    std::string confirm = "off"; // off | terminal
    std::string health_listen;   // empty: none
    milliseconds drain_delay{0};
  } receiver;
  struct {
    std::string listen = "127.0.0.1:8081";
    std::vector<std::chrono::minutes> schedule{std::chrono::hours(0), std::chrono::hours(6),
                                               std::chrono::hours(12),
                                               std::chrono::hours(18)}; // since local midnight, sorted
    std::string timezone = "Africa/Algiers";
    milliseconds incremental_every{300'000}; // 0 = off
    std::int64_t max_orders = 10'000;        // 0 = all
    int lookup_limit = 500;
    bool adopt_unassigned = true;
  } reconciler;
  struct {
    milliseconds events = std::chrono::hours(24 * 90);
  } retention;
  struct {
    std::string level = "info";
    std::string format = "json";
  } log;
  std::map<std::string, std::string> secret_files; // by key: database.url -> the file that holds it, absolute
};

struct loaded {
  settings values;
  std::vector<std::string> warnings; // unknown SUIVI_* variables
};

// `file`: the --config flag, or empty for $SUIVI_CONFIG, else ./suivi.toml if there, else none.
// `stderr_is_terminal` makes `text` the default of log.format. On failure: the mistakes, one line each.
boost::system::result<loaded, std::vector<std::string>> load(program who, const std::string& file,
                                                             const environment& env, bool stderr_is_terminal,
                                                             purpose use = purpose::run);

// The settings in force as TOML that can be read back; secrets are masked as "***", but for those that a file
// holds: there the file is named.
std::string to_toml(const settings& s);
// The same as one JSON document: an object for each section, null for what is not set, and `accounts`, those
// of the environment.
std::string to_json(const settings& s);

// The process's environment: the only getenv.
environment process_environment();

} // namespace suivi::config
