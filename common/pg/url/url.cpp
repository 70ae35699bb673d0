// Parses database URLs. libpq's own parser reads the parameters it knows.
#include "common/pg/url/url.hpp"

#include "common/pg/url/url_parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <memory>
#include <netdb.h>
#include <optional>

namespace suivi::pg {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
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

// Without asking anybody: libpq takes no names there.
bool is_address(const std::string& text) {
  addrinfo numeric{};
  numeric.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  bool read = ::getaddrinfo(text.c_str(), nullptr, &numeric, &found) == 0;
  if (read) ::freeaddrinfo(found);
  return read;
}

// As libpq orders them; empty is no bound.
bool is_range(const std::string& lowest, const std::string& highest) {
  return lowest.empty() || highest.empty() || lowest <= highest;
}

result<std::vector<host>> read_hosts(std::string_view names, std::string_view addresses,
                                     std::string_view ports) {
  if (names.empty() && addresses.empty()) {
    if (!is_port(ports))
      return unreadable("the parameter port: without a host there is one, from 1 to 65535");
    return std::vector<host>{{"", "", std::string(ports)}};
  }
  auto of_names = split(names, ',');
  auto of_addresses = split(addresses, ',');
  auto of_ports = split(ports, ',');
  std::size_t count = names.empty() ? of_addresses.size() : of_names.size();
  if (!names.empty() && !addresses.empty() && of_addresses.size() != count)
    return unreadable("the parameter hostaddr: as many as host are needed");
  if (of_ports.size() != 1 && of_ports.size() != count)
    return unreadable("the parameter port: one for all hosts or one for each is needed");
  for (const std::string& address : of_addresses)
    if (!address.empty() && !is_address(address))
      return unreadable("the parameter hostaddr: allowed is an IPv4 or IPv6 address; a name is a host");
  for (const std::string& port : of_ports)
    if (!is_port(port))
      return unreadable(
          "the parameter port: allowed is a number from 1 to 65535 (in a URI's password / @ : are "
          "written as %2F %40 %3A)");
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

std::string doubled(std::string_view name, char quote) {
  std::string out(1, quote);
  for (char c : name) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

std::string quoted_identifier(std::string_view name) {
  return doubled(name, '"');
}

// Whatever standard_conforming_strings says.
std::string quoted_text(std::string_view value) {
  std::string out = doubled(value, '\'');
  if (value.find('\\') == std::string_view::npos) return out;
  std::string escaped;
  for (char c : out) escaped += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return " E" + escaped;
}

std::vector<std::pair<std::string_view, std::string>> relied_on(const target& where,
                                                                const session_settings& settings) {
  std::vector<std::pair<std::string_view, std::string>> all{
      {"statement_timeout", std::to_string(settings.statement_timeout.count())},
      {"idle_in_transaction_session_timeout", std::to_string(settings.idle_in_transaction_timeout.count())},
      {"TimeZone", "UTC"},
      {"DateStyle", "ISO"},
      {"bytea_output", "hex"},
      {"standard_conforming_strings", "on"},
      {"synchronous_commit", "on"}, // whatever database or role set: what is acknowledged is durable
      // Compiling a plan, or starting helpers for it, takes longer than the statements here do: over the days
      // of three months a plan looks dearer than it is.
      {"jit", "off"},
      {"max_parallel_workers_per_gather", "0"},
  };
  bool own_path = where.schema.empty() && where.options.find("search_path") != std::string::npos;
  if (!own_path)
    all.emplace_back("search_path", quoted_identifier(where.schema.empty() ? "public" : where.schema));
  return all;
}

} // namespace

result<target> parse_url(std::string_view text) {
  auto parameters = read_url_parameters(text);
  if (!parameters) return parameters.error();
  target found;
  found.schema = parameters->schema;
  found.pgbouncer = parameters->pgbouncer;
  found.warnings = std::move(parameters->warnings);

  char* why = nullptr;
  std::unique_ptr<PQconninfoOption, free_options> options(PQconninfoParse(parameters->text.c_str(), &why));
  PQfreemem(why); // quotes the text
  if (!options)
    return unreadable("it is neither a PostgreSQL URI nor a conninfo; in a URI's user and password "
                      "/ @ : # % are written as %2F %40 %3A %23 %25");

  std::string names, addresses, ports, lowest_tls, highest_tls;
  for (auto* o = options.get(); o->keyword != nullptr; ++o) {
    if (o->val == nullptr || *o->val == '\0') continue;
    std::string_view keyword = o->keyword;
    if (keyword == "ssl_min_protocol_version") lowest_tls = o->val;
    if (keyword == "ssl_max_protocol_version") highest_tls = o->val;
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
  if (!is_range(lowest_tls, highest_tls))
    return unreadable(fmt::format("the parameter ssl_min_protocol_version is {}; allowed is none above "
                                  "ssl_max_protocol_version, {}",
                                  lowest_tls, highest_tls));
  auto hosts = read_hosts(names, addresses, ports);
  if (!hosts) return hosts.error();
  found.hosts = std::move(*hosts);
  if (found.pgbouncer && !found.options.empty()) {
    found.options.clear();
    found.warnings.emplace_back("the parameter options is dropped: with pgbouncer=true there is none; set it "
                                "for the role, with ALTER ROLE");
  }
  return found;
}

// An idle session is a connection of the pool; a pooler's are its own. Keepalives: in the midst of a pipeline
// a session of ours has no limit, and where our machine is gone without a word it would hold its rows for the
// system's two hours.
std::string startup_options(const target& where, const session_settings& settings) {
  std::string out = where.options + option("idle_session_timeout", "0") +
                    option("tcp_keepalives_idle", "30") + option("tcp_keepalives_interval", "10") +
                    option("tcp_keepalives_count", "3");
  for (const auto& [name, value] : relied_on(where, settings)) out += option(name, value);
  return out;
}

std::string transaction_settings(const target& where, const session_settings& settings) {
  std::string out = "select ";
  for (const auto& [name, value] : relied_on(where, settings))
    out +=
        fmt::format("{}set_config('{}', {}, true)", out.ends_with(' ') ? "" : ",", name, quoted_text(value));
  return out;
}

} // namespace suivi::pg
