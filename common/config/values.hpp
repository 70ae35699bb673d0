// What a single setting's text must look like. Pure; each answers the value in the form the programs use, or
// nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::config {

// "address:port", IPv6 in brackets, port 0 to 65535 (0: any free one); `localhost` becomes 127.0.0.1.
std::optional<std::string> read_listen(std::string_view text);
// "address/bits"; a bare address means itself alone and gets its /32 or /128.
std::optional<std::string> read_cidr(std::string_view text);
// http:// or https://, a host, no user, query or fragment; trailing slashes go.
std::optional<std::string> read_http_url(std::string_view text);
// postgres:// or postgresql://, or a conninfo with at least one key=value; blanks and line breaks at its ends
// are dropped.
std::optional<std::string> read_database_url(std::string_view text);
// "hh:mm" of a day.
std::optional<std::chrono::minutes> read_clock(std::string_view text);
// A name the machine's IANA database knows (package tzdata).
std::optional<std::string> read_timezone(std::string_view text);
// Visible ASCII only: what may stand in an Authorization header.
bool is_token(std::string_view text);
// Not empty, no control characters, no space at either end.
bool is_webhook_secret(std::string_view text);

// Lists in the environment: comma-separated, spaces around the parts dropped, empty parts skipped.
std::vector<std::string> split_list(std::string_view text);
std::string_view trimmed(std::string_view text);

} // namespace suivi::config
