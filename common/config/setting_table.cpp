// The table of all settings: a row for each key.
#include "common/config/setting_table.hpp"

#include "common/base/utf8.hpp"
#include "common/config/setting_kinds.hpp"

#include <cmath>

namespace suivi::config {
namespace {

bool read_webhook_secrets(settings& s, const raw_value& v) {
  auto items = list_of(v);
  if (!items || !std::all_of(items->begin(), items->end(), is_webhook_secret)) return false;
  s.receiver.webhook_secrets.clear();
  for (const std::string& item : *items) s.receiver.webhook_secrets.emplace_back(item);
  return true;
}

std::string print_webhook_secrets(const settings& s) {
  if (s.receiver.webhook_secrets.empty()) return {};
  return toml_list(std::vector<std::string>(s.receiver.webhook_secrets.size(), std::string(mask)));
}

bool read_rate(settings& s, const raw_value& v) {
  auto value = is(v, raw_value::shape::number) || v.as == raw_value::shape::integer
                   ? number_of<double>(v.text)
                   : std::nullopt;
  if (!value || !std::isfinite(*value) || *value < 0 || *value > 100'000) return false;
  s.maystro.requests_per_second = *value;
  return true;
}

bool read_schedule(settings& s, const raw_value& v) {
  auto items = list_of(v);
  if (!items) return false;
  std::vector<std::chrono::minutes> times;
  for (const std::string& item : *items) {
    auto time = read_clock(item);
    if (!time) return false;
    times.push_back(*time);
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  s.reconciler.schedule = times;
  return true;
}

std::string print_schedule(const settings& s) {
  std::vector<std::string> times;
  for (auto time : s.reconciler.schedule)
    times.push_back(fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60));
  return toml_list(times);
}

std::optional<std::string> read_token(std::string_view text) {
  return is_token(text) ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> read_path(std::string_view text) {
  bool printable =
      std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return !text.empty() && printable ? std::optional(std::string(text)) : std::nullopt;
}

constexpr std::string_view listen_allowed = "ADDRESS:PORT, an IPv6 address in brackets, port 0 to 65535";
constexpr std::string_view url_allowed =
    "http://HOST[:PORT][/PATH] or https://…, without user, query or fragment";
constexpr std::string_view some_time = "a duration above zero such as 500ms, 5s, 10m, 6h, 14d";
constexpr std::string_view any_time = "a duration such as 500ms, 5s, 10m, 6h, 14d, or 0s";

#define FIELD(path) [](auto& s) -> auto& { return s.path; }

std::vector<key> database_keys() {
  return {
      secret_key({"database", "url", "DATABASE_URL",
                  "Where the shop's database is, with role and password; required."},
                 "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or a conninfo such as \"host=… dbname=…\"",
                 FIELD(database.url), read_database_url),
      integer_key({"database", "pool", "", "How many connections each program keeps to the database."},
                  "1 to 1000", FIELD(database.pool), 1, 1000),
  };
}

key base_url_key(const courier_names& courier, std::string_view alias, std::string_view meaning) {
  return text_key(
      {courier.slug, "base_url", alias, meaning}, url_allowed,
      [at = index_of(courier.which)](auto& s) -> auto& { return s.base_urls[at]; }, read_http_url);
}

// A row's texts live as long as the program.
std::string_view base_url_meaning(courier_kind which) {
  static const courier_addresses meanings = [] {
    courier_addresses made;
    for (const courier_names& courier : courier_table)
      made[index_of(courier.which)] = fmt::format(
          "{}'s API; a `baseUrl` in `shipping_accounts` wins for its account.", courier.display_name);
    return made;
  }();
  return meanings[index_of(which)];
}

// What stands under `maystro` beside its address holds for every courier: the table of settings has it there.
std::vector<key> courier_keys() {
  std::vector<key> keys{
      base_url_key(courier_table[index_of(default_courier)], "MAYSTRO_BASE_URL",
                   "The courier's API; a `baseUrl` in `shipping_accounts` wins for its account."),
      duration_key({"maystro", "request_timeout", "", "How long one request to the courier may take."},
                   some_time, FIELD(maystro.request_timeout), milliseconds(1)),
      duration_key({"maystro", "read_lag", "", "How far the courier's API may answer behind its own state."},
                   any_time, FIELD(maystro.read_lag), milliseconds(0)),
      integer_key({"maystro", "max_in_flight", "", "Most requests at once, for each account."}, "1 to 1000",
                  FIELD(maystro.max_in_flight), 1, 1000),
      row({"maystro", "requests_per_second", "", "Most requests a second, for each account; 0 = no limit."},
          "a number from 0 to 100000, 0 = no limit", false, read_rate,
          [](const settings& s) { return fmt::format("{}", s.maystro.requests_per_second); }),
  };
  for (const courier_names& courier : courier_table)
    if (courier.which != default_courier)
      keys.push_back(base_url_key(courier, "", base_url_meaning(courier.which)));
  return keys;
}

key webhook_secrets_key() {
  key made = row({"receiver", "webhook_secrets", "MAYSTRO_WEBHOOK_SECRET",
                  "The secrets a webhook may bear; each is accepted, the first one is registered; "
                  "required unless `receiver.allow_open`."},
                 "a list of secrets, none empty, without control characters or spaces at their ends", true,
                 read_webhook_secrets, print_webhook_secrets);
  made.is_list = true;
  return made;
}

std::vector<key> receiver_keys() {
  return {
      text_key({"receiver", "listen", "", "Where the receiver takes webhooks and serves the operations API."},
               listen_allowed, FIELD(receiver.listen), read_listen),
      text_key({"receiver", "public_url", "WEBHOOK_BASE_URL",
                "The receiver's address as the courier reaches it; `hooks ensure` registers it."},
               url_allowed, FIELD(receiver.public_url), read_http_url),
      webhook_secrets_key(),
      boolean_key({"receiver", "allow_open", "", "Whether webhooks without a secret are taken."},
                  FIELD(receiver.allow_open)),
      cidr_list_key({"receiver", "allow_from", "", "The networks webhooks are taken from; empty = any."},
                    FIELD(receiver.allow_from)),
      cidr_list_key({"receiver", "trusted_proxies", "",
                     "The networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."},
                    FIELD(receiver.trusted_proxies)),
      size_key({"receiver", "max_body", "", "The largest webhook that is taken."},
               "a size from 1B to 64MiB such as 256KiB", FIELD(receiver.max_body_bytes), 1, 64ull << 20),
      integer_key({"receiver", "max_connections", "", "Most connections open at once."}, "1 to 1000000",
                  FIELD(receiver.max_connections), 1, 1'000'000),
      secret_key({"receiver", "admin_token", "SUIVI_ADMIN_TOKEN",
                  "The bearer token of the operations API and the dashboard; not set = those are off."},
                 "visible ASCII characters without spaces", FIELD(receiver.admin_token), read_token),
      text_key({"receiver", "tls_certificate", "",
                "The certificate and its chain; with `receiver.tls_key` the receiver speaks HTTPS."},
               "a PEM file", FIELD(receiver.tls_certificate), read_path),
      text_key({"receiver", "tls_key", "", "The certificate's key, without password."}, "a PEM file",
               FIELD(receiver.tls_key), read_path),
      text_key({"receiver", "health_listen", "",
                "A second address with `/healthz`, `/readyz` and `/metrics` only, apart from "
                "`receiver.max_connections`."},
               listen_allowed, FIELD(receiver.health_listen), read_listen),
      duration_key({"receiver", "drain_delay", "",
                    "How long, after SIGTERM, `/readyz` answers 503 while webhooks are still taken."},
                   "a duration from 0s to 1h such as 500ms, 5s", FIELD(receiver.drain_delay), milliseconds(0),
                   std::chrono::hours(1)),
      text_key({"receiver", "spool", "", "The folder where webhooks are kept while the database is away."},
               "a folder", FIELD(receiver.spool), read_path),
      size_key({"receiver", "spool_max", "", "The most disk space the spool may take."},
               "a size from 4KiB such as 1GiB", FIELD(receiver.spool_max_bytes), 4096, 1ull << 50),
      word_key({"receiver", "confirm", "",
                "`terminal`: a webhook that would end a parcel waits until the courier's API agrees."},
               "off, terminal", FIELD(receiver.confirm)),
  };
}

std::vector<key> reconciler_keys() {
  constexpr std::int64_t many = 1'000'000'000;
  return {
      text_key({"reconciler", "listen", "", "Where the reconciler serves health and metrics."},
               listen_allowed, FIELD(reconciler.listen), read_listen),
      row({"reconciler", "schedule", "", "When full sweeps begin, in local time."},
          "a list of local times such as \"06:00\", \"18:30\"", false, read_schedule, print_schedule),
      text_key({"reconciler", "timezone", "", "The time zone of the schedule."},
               "a name of the IANA time zone database such as Africa/Algiers", FIELD(reconciler.timezone),
               read_timezone),
      duration_key(
          {"reconciler", "incremental_every", "", "The pause between incremental sweeps; 0s = none."},
          any_time, FIELD(reconciler.incremental_every), milliseconds(0)),
      integer_key(
          {"reconciler", "max_orders", "", "The newest orders a full sweep reads of each account; 0 = all."},
          "0 to 1000000000, 0 = all", FIELD(reconciler.max_orders), 0, many),
      integer_key({"reconciler", "lookup_limit", "",
                   "How many orders without tracking number one sweep asks for by reference."},
                  "0 to 1000000000", FIELD(reconciler.lookup_limit), 0, many),
      boolean_key({"reconciler", "adopt_unassigned", "",
                   "Whether orders without account belong to the account that first matches them."},
                  FIELD(reconciler.adopt_unassigned)),
      duration_key({"retention", "events", "", "How long webhooks and their dedupe keys are kept."},
                   some_time, FIELD(retention.events), milliseconds(1)),
      word_key({"log", "level", "", "The least important lines that are logged."}, "debug, info, warn, error",
               FIELD(log.level)),
      word_key({"log", "format", "", "How log lines are written; on a terminal the default is `text`."},
               "json, text", FIELD(log.format)),
  };
}

} // namespace

std::string key::path() const {
  return fmt::format("{}.{}", section, name);
}

std::string key::file_path() const {
  return is_secret ? path() + "_file" : std::string();
}

std::string key::variable() const {
  std::string variable = fmt::format("SUIVI_{}_{}", section, name);
  for (char& c : variable)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return variable;
}

const std::vector<key>& all_keys() {
  static const std::vector<key> keys = [] {
    std::vector<key> all;
    for (const std::vector<key>& part : {database_keys(), courier_keys(), receiver_keys(), reconciler_keys()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return keys;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (char c : to_storable_text(text)) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

} // namespace suivi::config
