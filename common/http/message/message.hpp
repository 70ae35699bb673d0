// HTTP messages in our own words, so that nobody but this folder includes Beast.
#pragma once

#include <any>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace suivi::http {

using header_list = std::vector<std::pair<std::string, std::string>>;

// Header names (and the few values that are words) compare without regard to ASCII case.
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);
// The first field of that name, or nullopt.
[[nodiscard]] std::optional<std::string_view> find_header(const header_list& headers, std::string_view name);

// `%41` → `A`; `+` stays; any byte may come out, NUL too. nullopt where an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
// Everything but RFC 3986's unreserved characters is escaped.
[[nodiscard]] std::string percent_encode(std::string_view text);

// A request target taken apart: `/a/b%20c?x=1&y` → path segments decoded, query pairs decoded (`+` is a space
// there).
struct target {
  std::string path;                  // as sent, without the query
  std::vector<std::string> segments; // {"a", "b c"}; a trailing slash adds no empty one, `//` does
  std::vector<std::pair<std::string, std::string>> query; // {{"x","1"},{"y",""}}

  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
};
// nullopt for a malformed escape, control characters, or a target that is not in origin form.
[[nodiscard]] std::optional<target> parse_target(std::string_view text);

struct request {
  std::string method;
  std::string target;
  header_list headers;
  std::string body;
  boost::asio::ip::address remote;
  std::any found{}; // by whoever judged its head (head_verdict)
};

struct body_stream; // streaming.hpp

// The server adds Content-Length, Date (unless given) and, for HEAD, leaves the body out. `Connection: close`
// among the headers closes the connection after the answer. A header that could not stand on the wire (a line
// break in it, say) is a programmer's error and answered 500.
struct response {
  unsigned status = 200; // 0: no answer, the connection is cut (for stand-ins that play a broken peer)
  std::string body;
  std::string_view
      lasting_body; // of bytes that outlive every answer: shared by all of them, instead of `body`
  std::string content_type = "application/json";
  header_list headers;                 // further ones: Allow, Retry-After, …
  std::shared_ptr<body_stream> stream; // set: makes the body while it is sent, instead of `body`

  [[nodiscard]] std::string_view bytes() const { return body.empty() ? lasting_body : body; }
};

} // namespace suivi::http
