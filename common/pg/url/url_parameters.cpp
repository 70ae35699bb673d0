// URIs and conninfos are taken apart by libpq's rules, judged parameter by parameter, and put together again.
#include "common/pg/url/url_parameters.hpp"

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
constexpr std::array<std::string_view, 11> of_prisma{
    "connect_timeout", "connection_limit", "max_connection_lifetime", "max_idle_connection_lifetime",
    "pgbouncer",       "pool_timeout",     "single_use_connections",  "socket_timeout",
    "sslaccept",       "sslidentity",      "statement_cache_size",
};

// libpq looks at these values when it connects only; here a wrong one is found before.
struct word_parameter {
  std::string_view name, allowed; // "a, b, c"
};
constexpr std::array<word_parameter, 6> word_parameters{{
    {"sslmode", "disable, allow, prefer, require, verify-ca, verify-full"},
    {"channel_binding", "disable, prefer, require"},
    {"gssencmode", "disable, prefer, require"},
    {"target_session_attrs", "any, read-write, read-only, primary, standby, prefer-standby"},
    {"ssl_min_protocol_version", "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"},
    {"ssl_max_protocol_version", "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"},
}};
constexpr std::array<std::string_view, 5> number_parameters{
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"};
// A misspelled name of these is no other client's parameter: to drop it would change who is talked to, and
// how.
constexpr std::array<std::string_view, 10> weighty{"host",   "hostaddr", "port",    "user",   "password",
                                                   "dbname", "sslmode",  "sslcert", "sslkey", "sslrootcert"};

struct parameter {
  std::string name, value;
};

error refused(std::string_view why) {
  return permanent("pg:url", why);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_name(std::string_view text) {
  constexpr std::size_t length_max = 63;
  return !text.empty() && text.size() <= length_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

struct free_options {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

bool is_of_libpq(std::string_view name) {
  char* why = nullptr;
  std::unique_ptr<PQconninfoOption, free_options> known(PQconninfoParse("", &why));
  PQfreemem(why);
  for (PQconninfoOption* o = known.get(); o != nullptr && o->keyword != nullptr; ++o)
    if (name == o->keyword) return true;
  return false;
}

bool is_of_prisma(std::string_view name) {
  return std::find(of_prisma.begin(), of_prisma.end(), name) != of_prisma.end();
}

// One letter added, left out or changed, or two neighbors in each other's place.
bool is_one_slip_from(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a == b) return false;
  std::size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  std::string_view rest_a = a.substr(same), rest_b = b.substr(same);
  if (a.size() < b.size()) return rest_a == rest_b.substr(1);
  if (rest_a.substr(1) == rest_b.substr(1)) return true;
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
         rest_a.substr(2) == rest_b.substr(2);
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low || *high * 16 + *low == 0) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
                 std::string_view("-_.~/:,").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string quoted_value(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// What may stand in a value, or why not.
std::optional<std::string> fault_of(const parameter& p) {
  for (const word_parameter& known : word_parameters) {
    if (p.name != known.name || p.value.empty()) continue;
    if (fmt::format(", {}, ", known.allowed).find(fmt::format(", {}, ", p.value)) != std::string::npos)
      continue;
    std::string quoted = is_name(p.value) ? p.value : "***";
    return fmt::format("the parameter {} is {}; allowed are {}", p.name, quoted, known.allowed);
  }
  bool is_number =
      std::find(number_parameters.begin(), number_parameters.end(), p.name) != number_parameters.end();
  int number = 0;
  auto [end, wrong] = std::from_chars(p.value.data(), p.value.data() + p.value.size(), number);
  if (is_number && (wrong != std::errc() || end != p.value.data() + p.value.size()))
    return fmt::format("the parameter {} is no number; allowed is a whole number", p.name);
  if (p.name == "replication" && p.value != "false" && p.value != "off" && p.value != "no" && p.value != "0")
    return "the parameter replication is set; allowed is an ordinary connection";
  return std::nullopt;
}

// Whether libpq is to see it. `p` may come back under the name that libpq knows.
result<bool> judge(parameter& p, url_parameters& found) {
  std::string name = lower(p.name);
  bool respelled = name != p.name;
  if (name == "schema") {
    found.schema = p.value;
    if (respelled) found.warnings.push_back(fmt::format("the parameter {} is read as schema", p.name));
    return false;
  }
  if (name == "pgbouncer") {
    std::string value = lower(p.value);
    found.pgbouncer = value == "true" || value == "1" || value == "yes" || value == "on";
  }
  bool prisma = is_of_prisma(name);
  if (prisma && !respelled) return false;
  if (name == "sslmode" && p.value == "no-verify") {
    found.warnings.push_back("the parameter sslmode=no-verify is another client's and is dropped, so that "
                             "encryption is used where the "
                             "server has it; sslmode=require insists on it");
    return false;
  }
  bool ssl_true = name == "ssl" && p.value == "true"; // libpq's own parser reads it as sslmode=require
  if (ssl_true) p = {"sslmode", "require"};
  if (prisma || !(ssl_true || is_of_libpq(name))) {
    for (std::string_view meant : weighty)
      if (is_one_slip_from(name, meant))
        return refused(fmt::format("the parameter {} is not known; {} may be meant", p.name, meant));
    found.warnings.push_back(fmt::format("the parameter {} is none that libpq knows and is dropped", p.name));
    return false;
  }
  if (!ssl_true) {
    if (respelled) found.warnings.push_back(fmt::format("the parameter {} is read as {}", p.name, name));
    p.name = name;
  }
  if (auto why = fault_of(p)) return refused(*why);
  return true;
}

// libpq takes what stands before an @ for user and password, whatever else is in it, up to the first slash.
std::size_t query_begin(std::string_view uri) {
  std::size_t authority = uri.find("://") + 3;
  std::size_t end = uri.find_first_of("@/", authority);
  if (end == std::string_view::npos || uri[end] == '/') end = authority;
  return uri.find('?', end);
}

result<url_parameters> read_uri(std::string_view uri) {
  url_parameters found;
  std::size_t question = query_begin(uri);
  std::size_t colon = uri.find(':');
  found.text = lower(uri.substr(0, colon)) + std::string(uri.substr(colon, question - colon));
  if (question == std::string_view::npos) return found;
  std::string_view rest = uri.substr(question + 1);
  char separator = '?';
  while (!rest.empty()) {
    std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.empty()) continue;
    std::size_t equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals));
    if (!name || !is_name(*name))
      return refused("behind the question mark stands something that is no parameter; allowed is "
                     "NAME=VALUE&NAME=VALUE, and ? & = # % in a password as %3F %26 %3D %23 %25");
    if (equals == std::string_view::npos) {
      // What is no known name may be the rest of a password.
      bool known = is_of_libpq(lower(*name)) || is_of_prisma(lower(*name)) || *name == "schema";
      std::string_view quoted = known ? std::string_view(*name) : "behind the question mark";
      return refused(fmt::format("the parameter {} has no value; allowed is NAME=VALUE", quoted));
    }
    auto value = percent_decode(part.substr(equals + 1));
    if (!value)
      return refused(
          fmt::format("the parameter {} has a percent sign without two hexadecimal digits behind it; "
                      "allowed is %25 for the sign itself",
                      *name));
    parameter p{*name, *value};
    auto kept = judge(p, found);
    if (!kept) return kept.error();
    if (!*kept) continue;
    found.text += fmt::format("{}{}={}", separator, p.name, percent_encode(p.value));
    separator = '&';
  }
  return found;
}

// The next NAME=VALUE of a conninfo; `rest` moves on. `before`: the parameter in front of it, for the
// message.
result<parameter> next_pair(std::string_view& rest, std::string_view before) {
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != '=' && !is_blank(rest[end])) ++end;
  parameter p{std::string(rest.substr(0, end)), {}};
  rest = rest.substr(end);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  if (!is_name(p.name) || !rest.starts_with('='))
    return refused(
        before.empty()
            ? std::string("it does not begin with a parameter; allowed is NAME=VALUE NAME=VALUE")
            : fmt::format("behind the parameter {} stands something that is no NAME=VALUE; allowed is "
                          "{}='VALUE WITH BLANKS'",
                          before, before));
  rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  bool quoted = rest.starts_with('\'');
  if (quoted) rest.remove_prefix(1);
  while (!rest.empty() && (quoted ? rest.front() != '\'' : !is_blank(rest.front()))) {
    if (rest.front() == '\\') rest.remove_prefix(1);
    if (!rest.empty()) p.value += rest.front();
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
  }
  if (quoted && rest.empty()) return refused(fmt::format("the parameter {} has no closing quote", p.name));
  if (quoted) rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  return p;
}

result<url_parameters> read_conninfo(std::string_view rest) {
  url_parameters found;
  std::string before;
  while (!rest.empty()) {
    auto p = next_pair(rest, before);
    if (!p) return p.error();
    before = p->name;
    auto kept = judge(*p, found);
    if (!kept) return kept.error();
    if (*kept)
      found.text += fmt::format("{}{}={}", found.text.empty() ? "" : " ", p->name, quoted_value(p->value));
  }
  return found;
}

} // namespace

bool is_database_uri(std::string_view text) {
  std::string scheme = lower(text.substr(0, text.find("://")));
  return text.find("://") != std::string_view::npos && (scheme == "postgresql" || scheme == "postgres");
}

result<url_parameters> read_url_parameters(std::string_view text) {
  text = without_blanks(text);
  if (text.empty()) return refused("it is empty");
  if (text.find('\0') != std::string_view::npos) return refused("it holds a zero byte");
  return is_database_uri(text) ? read_uri(text) : read_conninfo(text);
}

} // namespace suivi::pg
