// The rows of the table, and the few shapes a value may have.
#include "common/config/setting_table.hpp"

#include "common/base/duration.hpp"
#include "common/base/utf8.hpp"
#include "common/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::config {
namespace {

using shape = given::shape;

bool is(const given& v, shape wanted) {
  return v.from_environment ? v.as == shape::text : v.as == wanted;
}

std::optional<std::vector<std::string>> list_of(const given& v) {
  if (v.from_environment) return split_list(v.text);
  if (v.as != shape::list) return std::nullopt;
  return v.items;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string toml_list(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) quoted.push_back(toml_string(item));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

struct place {
  std::string_view section, name, alias;
};

// `field` answers a reference to the value inside the settings, constant or not.

template <class Field>
key text_key(place at, std::string_view allowed, Field field,
             std::optional<std::string> (*read)(std::string_view)) {
  return {at.section,
          at.name,
          at.alias,
          allowed,
          false,
          [=](settings& s, const given& v) {
            auto value = is(v, shape::text) ? read(v.text) : std::nullopt;
            if (value) field(s) = *value;
            return value.has_value();
          },
          [=](const settings& s) { return field(s).empty() ? std::string() : toml_string(field(s)); }};
}

template <class Field>
key secret_key(place at, std::string_view allowed, Field field,
               std::optional<std::string> (*read)(std::string_view)) {
  return {
      at.section,
      at.name,
      at.alias,
      allowed,
      true,
      [=](settings& s, const given& v) {
        auto value = !is(v, shape::text) ? std::nullopt : v.text == mask ? std::string(mask) : read(v.text);
        if (value) field(s) = secret(*value);
        return value.has_value();
      },
      [=](const settings& s) { return field(s).empty() ? std::string() : toml_string(field(s).masked()); }};
}

template <class Field>
key integer_key(place at, std::string_view allowed, Field field, std::int64_t low, std::int64_t high) {
  return {at.section,
          at.name,
          at.alias,
          allowed,
          false,
          [=](settings& s, const given& v) {
            auto value = is(v, shape::integer) ? number_of<std::int64_t>(v.text) : std::nullopt;
            if (!value || *value < low || *value > high) return false;
            using type = std::remove_reference_t<decltype(field(s))>;
            field(s) = static_cast<type>(*value);
            return true;
          },
          [=](const settings& s) { return std::to_string(field(s)); }};
}

template <class Field>
key boolean_key(place at, Field field) {
  return {at.section,
          at.name,
          at.alias,
          "true or false",
          false,
          [=](settings& s, const given& v) {
            if (!is(v, shape::boolean) || (v.text != "true" && v.text != "false")) return false;
            field(s) = v.text == "true";
            return true;
          },
          [=](const settings& s) { return std::string(field(s) ? "true" : "false"); }};
}

template <class Field>
key duration_key(place at, std::string_view allowed, Field field, milliseconds low) {
  return {at.section,
          at.name,
          at.alias,
          allowed,
          false,
          [=](settings& s, const given& v) {
            auto value = is(v, shape::text) ? parse_duration(v.text) : std::nullopt;
            // A hundred years: nothing that is added to a point in time may overflow.
            if (!value || *value < low || *value > std::chrono::hours(24 * 36'500)) return false;
            field(s) = *value;
            return true;
          },
          [=](const settings& s) { return toml_string(format_duration(field(s))); }};
}

template <class Field>
key size_key(place at, std::string_view allowed, Field field, std::uint64_t low, std::uint64_t high) {
  return {at.section,
          at.name,
          at.alias,
          allowed,
          false,
          [=](settings& s, const given& v) {
            auto value = is(v, shape::text) || v.as == shape::integer ? parse_size(v.text) : std::nullopt;
            if (!value || *value < low || *value > high) return false;
            field(s) = *value;
            return true;
          },
          [=](const settings& s) { return toml_string(format_size(field(s))); }};
}

template <class Field>
key cidr_list_key(place at, Field field) {
  return {at.section,
          at.name,
          at.alias,
          "a list of addresses or networks such as \"10.0.0.0/8\", \"2001:db8::/32\"",
          false,
          [=](settings& s, const given& v) {
            auto items = list_of(v);
            if (!items) return false;
            std::vector<std::string> networks;
            for (const std::string& item : *items) {
              auto network = read_cidr(item);
              if (!network) return false;
              networks.push_back(*network);
            }
            field(s) = networks;
            return true;
          },
          [=](const settings& s) { return toml_list(field(s)); }};
}

// One of the words of `allowed`, which reads "a, b, c".
template <class Field>
key word_key(place at, std::string_view allowed, Field field) {
  return {at.section,
          at.name,
          at.alias,
          allowed,
          false,
          [=](settings& s, const given& v) {
            auto words = split_list(allowed);
            if (!is(v, shape::text) || std::find(words.begin(), words.end(), v.text) == words.end())
              return false;
            field(s) = v.text;
            return true;
          },
          [=](const settings& s) { return toml_string(field(s)); }};
}

bool read_webhook_secrets(settings& s, const given& v) {
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

bool read_rate(settings& s, const given& v) {
  auto value = is(v, shape::number) || v.as == shape::integer ? number_of<double>(v.text) : std::nullopt;
  if (!value || !std::isfinite(*value) || *value < 0 || *value > 100'000) return false;
  s.maystro.requests_per_second = *value;
  return true;
}

bool read_schedule(settings& s, const given& v) {
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

std::vector<key> make_keys() {
  constexpr std::int64_t many = 1'000'000'000;
  return {
      secret_key({"database", "url", "DATABASE_URL"},
                 "postgresql://… or a conninfo such as \"host=… dbname=…\"", FIELD(database.url),
                 read_database_url),
      integer_key({"database", "pool", ""}, "1 to 1000", FIELD(database.pool), 1, 1000),
      text_key({"maystro", "base_url", "MAYSTRO_BASE_URL"}, url_allowed, FIELD(maystro.base_url),
               read_http_url),
      duration_key({"maystro", "request_timeout", ""}, some_time, FIELD(maystro.request_timeout),
                   milliseconds(1)),
      duration_key({"maystro", "read_lag", ""}, any_time, FIELD(maystro.read_lag), milliseconds(0)),
      integer_key({"maystro", "max_in_flight", ""}, "1 to 1000", FIELD(maystro.max_in_flight), 1, 1000),
      {"maystro", "requests_per_second", "", "a number from 0 to 100000, 0 = no ceiling", false, read_rate,
       [](const settings& s) { return fmt::format("{}", s.maystro.requests_per_second); }},
      text_key({"receiver", "listen", ""}, listen_allowed, FIELD(receiver.listen), read_listen),
      text_key({"receiver", "public_url", "WEBHOOK_BASE_URL"}, url_allowed, FIELD(receiver.public_url),
               read_http_url),
      {"receiver", "webhook_secrets", "MAYSTRO_WEBHOOK_SECRET",
       "a list of secrets, none empty, without control characters or spaces at their ends", true,
       read_webhook_secrets, print_webhook_secrets},
      boolean_key({"receiver", "allow_open", ""}, FIELD(receiver.allow_open)),
      cidr_list_key({"receiver", "allow_from", ""}, FIELD(receiver.allow_from)),
      cidr_list_key({"receiver", "trusted_proxies", ""}, FIELD(receiver.trusted_proxies)),
      size_key({"receiver", "max_body", ""}, "a size from 1B to 64MiB such as 256KiB",
               FIELD(receiver.max_body_bytes), 1, 64ull << 20),
      integer_key({"receiver", "max_connections", ""}, "1 to 1000000", FIELD(receiver.max_connections), 1,
                  1'000'000),
      secret_key({"receiver", "admin_token", "SUIVI_ADMIN_TOKEN"}, "visible ASCII characters without spaces",
                 FIELD(receiver.admin_token), read_token),
      text_key({"receiver", "tls_certificate", ""}, "a PEM file", FIELD(receiver.tls_certificate), read_path),
      text_key({"receiver", "tls_key", ""}, "a PEM file", FIELD(receiver.tls_key), read_path),
      text_key({"receiver", "spool", ""}, "a folder", FIELD(receiver.spool), read_path),
      size_key({"receiver", "spool_max", ""}, "a size from 4KiB such as 1GiB",
               FIELD(receiver.spool_max_bytes), 4096, 1ull << 50),
      word_key({"receiver", "confirm", ""}, "off, terminal", FIELD(receiver.confirm)),
      text_key({"reconciler", "listen", ""}, listen_allowed, FIELD(reconciler.listen), read_listen),
      {"reconciler", "schedule", "", "a list of local times such as \"06:00\", \"18:30\"", false,
       read_schedule, print_schedule},
      text_key({"reconciler", "timezone", ""}, "a name of the IANA time zone database such as Africa/Algiers",
               FIELD(reconciler.timezone), read_timezone),
      duration_key({"reconciler", "incremental_every", ""}, any_time, FIELD(reconciler.incremental_every),
                   milliseconds(0)),
      integer_key({"reconciler", "max_orders", ""}, "0 to 1000000000, 0 = all", FIELD(reconciler.max_orders),
                  0, many),
      integer_key({"reconciler", "lookup_limit", ""}, "0 to 1000000000", FIELD(reconciler.lookup_limit), 0,
                  many),
      boolean_key({"reconciler", "adopt_unassigned", ""}, FIELD(reconciler.adopt_unassigned)),
      duration_key({"retention", "events", ""}, some_time, FIELD(retention.events), milliseconds(1)),
      word_key({"log", "level", ""}, "debug, info, warn, error", FIELD(log.level)),
      word_key({"log", "format", ""}, "json, text", FIELD(log.format)),
  };
}

} // namespace

std::string key::path() const {
  return fmt::format("{}.{}", section, name);
}

std::string key::variable() const {
  std::string variable = fmt::format("SUIVI_{}_{}", section, name);
  for (char& c : variable)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return variable;
}

const std::vector<key>& all_keys() {
  static const std::vector<key> keys = make_keys();
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
