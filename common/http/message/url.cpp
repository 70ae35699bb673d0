// Reads absolute URLs with Boost.URL and refuses those that a client cannot use.
#include "common/http/message/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace suivi::http {

result<url> parse_url(std::string_view text) {
  auto wrong = [](std::string_view why) { return permanent("http:url", why); };
  auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return wrong("not an absolute URL");
  const auto& in = *parsed;
  if (in.has_userinfo()) return wrong("user and password in a URL are refused");
  url out;
  out.tls = in.scheme_id() == boost::urls::scheme::https;
  if (!out.tls && in.scheme_id() != boost::urls::scheme::http) return wrong("neither http nor https");
  if (!in.has_authority()) return wrong("no host");
  if (in.host_type() == boost::urls::host_type::ipvfuture) return wrong("an address of no known kind");
  out.host = in.host_address();
  if (out.host.empty()) return wrong("no host");
  out.authority = std::string(in.encoded_host());
  unsigned short own_port = out.tls ? 443 : 80;
  unsigned short port = own_port;
  if (in.has_port() && !in.port().empty()) {
    // Boost.URL 1.81 reads 65537 as 1.
    std::string_view digits = in.port();
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc() || end != digits.data() + digits.size() || port == 0)
      return wrong("not a port");
  }
  out.port = std::to_string(port);
  if (port != own_port) out.authority += ":" + out.port;
  // Boost.URL 1.81 takes what follows the digits of a port (`h:8x/`) for a path.
  if (!in.encoded_path().empty() && in.encoded_path().front() != '/') return wrong("not a port");
  out.target = std::string(in.encoded_target());
  if (out.target.empty() || out.target.front() != '/') out.target.insert(0, "/");
  return out;
}

} // namespace suivi::http
