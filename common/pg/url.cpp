// Takes Prisma's parameters out of the query part, then lets libpq's own parser read the rest.
#include "common/pg/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <memory>
#include <optional>

namespace suivi::pg {
namespace {

// From Prisma's reference of connection URLs (PostgreSQL); connect_timeout is libpq's as well.
constexpr std::array<std::string_view, 11> dropped{
    "connect_timeout",
    "connection_limit",
    "max_connection_lifetime",
    "max_idle_connection_lifetime",
    "pgbouncer",
    "pool_timeout",
    "single_use_connections",
    "socket_timeout",
    "sslaccept",
    "statement_cache_size",
    "sslidentity",
};

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Malformed escapes stay as they are; libpq refuses them where they matter.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      auto high = hex_digit(text[i + 1]);
      auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The URI without Prisma's parameters; `schema` is written to its place.
std::string without_prisma(std::string_view uri, std::string& schema) {
  auto question = uri.find('?');
  std::string kept(uri.substr(0, question));
  if (question == std::string_view::npos) return kept;
  char separator = '?';
  for (const std::string& part : split(uri.substr(question + 1), '&')) {
    auto equals = part.find('=');
    std::string name = percent_decode(std::string_view(part).substr(0, equals));
    if (name == "schema") {
      schema = equals == std::string::npos ? "" : percent_decode(std::string_view(part).substr(equals + 1));
      continue;
    }
    if (part.empty() || std::find(dropped.begin(), dropped.end(), name) != dropped.end()) continue;
    kept += separator;
    kept += part;
    separator = '&';
  }
  return kept;
}

struct free_options {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

error unreadable(std::string_view why) {
  return permanent("pg:url", why);
}

// Empty is libpq's default.
bool is_port(std::string_view text) {
  unsigned port = 1;
  auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return text.empty() || (read.ec == std::errc() && read.ptr == text.end() && port >= 1 && port <= 65'535);
}

result<std::vector<host>> read_hosts(std::string_view names, std::string_view addresses,
                                     std::string_view ports) {
  if (names.empty() && addresses.empty()) {
    if (!is_port(ports)) return unreadable("without a host there is one port, from 1 to 65535");
    return std::vector<host>{{"", "", std::string(ports)}};
  }
  auto of_names = split(names, ',');
  auto of_addresses = split(addresses, ',');
  auto of_ports = split(ports, ',');
  std::size_t count = names.empty() ? of_addresses.size() : of_names.size();
  if (!names.empty() && !addresses.empty() && of_addresses.size() != count)
    return unreadable("as many hostaddr as host are needed");
  if (of_ports.size() != 1 && of_ports.size() != count)
    return unreadable("one port for all hosts or one for each is needed");
  for (const std::string& port : of_ports)
    if (!is_port(port)) return unreadable("a port is a number from 1 to 65535");
  std::vector<host> hosts;
  for (std::size_t i = 0; i < count; ++i) {
    hosts.push_back({names.empty() ? "" : of_names[i], addresses.empty() ? "" : of_addresses[i],
                     of_ports.size() == 1 ? of_ports[0] : of_ports[i]});
  }
  return hosts;
}

// One `-c name=value`, escaped for the server's splitter of options.
std::string option(std::string_view name, std::string_view value) {
  std::string out = fmt::format(" -c {}=", name);
  for (char c : value) {
    if (c == '\\' || c == ' ' || c == '\t' || c == '\n' || c == '\r') out += '\\';
    out += c;
  }
  return out;
}

std::string quoted_identifier(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  return out + '"';
}

} // namespace

result<target> parse_url(std::string_view text) {
  if (text.empty()) return unreadable("empty");
  if (text.find('\0') != std::string_view::npos) return unreadable("holds a zero byte");
  target found;
  bool is_uri = text.starts_with("postgresql://") || text.starts_with("postgres://");
  std::string plain = is_uri ? without_prisma(text, found.schema) : std::string(text);

  char* why = nullptr;
  std::unique_ptr<PQconninfoOption, free_options> options(PQconninfoParse(plain.c_str(), &why));
  PQfreemem(why); // quotes the text
  if (!options)
    return unreadable("neither a PostgreSQL URI nor a conninfo, or an unknown parameter is in it");

  std::string names, addresses, ports;
  for (auto* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val == nullptr || *o->val == '\0') continue;
    std::string_view keyword = o->keyword;
    if (keyword == "host")
      names = o->val;
    else if (keyword == "hostaddr")
      addresses = o->val;
    else if (keyword == "port")
      ports = o->val;
    else if (keyword == "target_session_attrs")
      found.session_attrs = o->val;
    else if (keyword == "options")
      found.options = o->val;
    else if (keyword != "connect_timeout")
      found.others.emplace_back(keyword, o->val);
  }
  auto hosts = read_hosts(names, addresses, ports);
  if (!hosts) return hosts.error();
  found.hosts = std::move(*hosts);
  return found;
}

std::string startup_options(const target& where, const session_settings& settings) {
  std::string out = where.options;
  out += option("statement_timeout", std::to_string(settings.statement_timeout.count()));
  out += option("idle_in_transaction_session_timeout",
                std::to_string(settings.idle_in_transaction_timeout.count()));
  out += option("TimeZone", "UTC");
  out += option("DateStyle", "ISO");
  out += option("bytea_output", "hex");
  if (!where.schema.empty()) out += option("search_path", quoted_identifier(where.schema));
  return out;
}

} // namespace suivi::pg
