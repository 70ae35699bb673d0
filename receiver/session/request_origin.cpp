// Compares a request's Origin and Host headers.
#include "receiver/session/request_origin.hpp"

#include <algorithm>

namespace suivi::receiver {
namespace {

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Scheme and host in lower case, without the scheme's own port: as browsers write an origin.
std::string normalised(std::string origin) {
  origin = lower(origin);
  if (origin.starts_with("https://") && origin.ends_with(":443")) origin.resize(origin.size() - 4);
  if (origin.starts_with("http://") && origin.ends_with(":80")) origin.resize(origin.size() - 3);
  return origin;
}

} // namespace

bool is_encrypted(bool own_tls, const ip_address& peer, const http::header_list& headers,
                  const std::vector<network>& trusted_proxies) {
  if (own_tls) return true;
  if (!is_within(peer, trusted_proxies)) return false;
  // A list is written from left to right; our peer wrote its end.
  std::string_view proto;
  for (const auto& [name, value] : headers)
    if (http::same_name(name, "X-Forwarded-Proto")) proto = value;
  if (auto comma = proto.rfind(','); comma != std::string_view::npos) proto.remove_prefix(comma + 1);
  return lower(trimmed(proto)) == "https";
}

bool is_not_foreign(const http::header_list& headers, bool encrypted) {
  if (auto site = http::find_header(headers, "Sec-Fetch-Site"); site && *site != "same-origin") return false;
  auto origin = http::find_header(headers, "Origin");
  if (!origin) return true;
  auto host = http::find_header(headers, "Host");
  if (!host || host->empty()) return false;
  std::string own = std::string(encrypted ? "https://" : "http://") + std::string(*host);
  return normalised(std::string(*origin)) == normalised(std::move(own));
}

bool is_of_own_page(const http::header_list& headers, bool encrypted) {
  return http::find_header(headers, "Origin").has_value() && is_not_foreign(headers, encrypted);
}

} // namespace suivi::receiver
