// Addresses of every sort that people type or peers send: each reader answers a form that it reads again as
// itself, and nothing that could forge a line comes out.
#include "common/base/duration.hpp"
#include "common/config/values.hpp"
#include "common/http/message/message.hpp"
#include "common/http/message/url.hpp"
#include "common/maystro/address.hpp"
#include "common/pg/url/url.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

namespace suivi::fuzz {
namespace {

bool printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_settings(std::string_view bytes) {
  using namespace suivi::config;
  if (auto listen = read_listen(bytes))
    require(read_listen(*listen) == listen, "an address to listen at reads as itself");
  if (auto cidr = read_cidr(bytes)) require(read_cidr(*cidr) == cidr, "a network reads as itself");
  if (auto url = read_http_url(bytes)) {
    require(read_http_url(*url) == url, "a URL reads as itself");
    require(printable(*url), "a URL holds no control characters");
  }
  if (auto clock = read_clock(bytes))
    require(clock->count() >= 0 && clock->count() < 24 * 60, "a time of day lies within a day");
  for (const std::string& part : split_list(bytes))
    require(!part.empty() && trimmed(part) == part, "parts of a list are trimmed and not empty");
  if (auto d = parse_duration(bytes))
    require(parse_duration(format_duration(*d)) == d, "a duration reads as itself");
  if (auto s = parse_size(bytes)) require(parse_size(format_size(*s)) == s, "a size reads as itself");
}

void check_urls(std::string_view bytes) {
  if (auto url = http::parse_url(bytes)) {
    require(!url->host.empty() && !url->port.empty() && url->target.starts_with('/'),
            "a URL has host, port and target");
    require(printable(url->authority) && printable(url->target), "a URL cannot forge a line");
  }
  std::string base = maystro::normalize_base_url(bytes);
  require(maystro::normalize_base_url(base) == base, "a courier's address reads as itself");
  std::string key = maystro::normalize_api_key(bytes);
  require(maystro::normalize_api_key(key) == key, "a courier's key reads as itself");
  require(printable(key), "a key cannot forge a line");
  if (auto where = pg::parse_url(bytes)) require(!where->hosts.empty(), "a database has a host");
}

void check_targets(std::string_view bytes) {
  require(http::percent_decode(http::percent_encode(bytes)) == bytes, "percent escapes go there and back");
  bool escaped = bytes.find('%') != std::string_view::npos;
  require(escaped || http::percent_decode(bytes) == bytes, "text without percent signs means itself");
  if (auto target = http::parse_target(bytes)) {
    require(bytes.starts_with(target->path), "a path is as sent");
    for (const auto& [name, value] : target->query)
      require(target->find(name).has_value(), "a query's name is found");
  }
  std::string path = "/a/" + http::percent_encode(bytes) + "?k=" + http::percent_encode(bytes);
  auto target = http::parse_target(path);
  require(target.has_value() && target->find("k") == bytes, "an escaped value comes out of a query");
  require(bytes.empty() || (target->segments.size() == 2 && target->segments[1] == bytes),
          "and out of a path");
}

} // namespace

void one_input(std::string_view bytes) {
  check_settings(bytes);
  check_urls(bytes);
  check_targets(bytes);
}

} // namespace suivi::fuzz
