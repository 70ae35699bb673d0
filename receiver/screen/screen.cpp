// Finds a file of the screen and answers with its caching headers (RFC 9110, 8.8.3, 12.5.3, 13.1.2).
#include "receiver/screen/screen.hpp"

#include "common/http/message/error_response.hpp"
#include "receiver/screen/screen_files.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace suivi::receiver {
namespace {

constexpr std::string_view assets = "/assets/";
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

const screen_file* find_file(std::string_view path) {
  std::string_view name = path == "/" ? "index.html" : path.substr(std::min(assets.size(), path.size()));
  if (path != "/" && name == "index.html") return nullptr; // it has one address
  for (const screen_file& file : screen_files())
    if (file.name == name) return &file;
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The members of a comma-separated field, one after the other.
std::string_view next_member(std::string_view& rest) {
  std::size_t end = std::min(rest.find(','), rest.size());
  std::string_view member = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return member;
}

// `gzip;q=0.5` → 0.5; without a weight 1.
double weight_of(std::string_view member) {
  std::size_t at = member.find("q=");
  if (at == std::string_view::npos) return 1;
  double weight = 0;
  std::from_chars(member.data() + at + 2, member.data() + member.size(), weight);
  return weight;
}

bool takes_gzip(const http::header_list& headers) {
  std::string_view rest = http::find_header(headers, "Accept-Encoding").value_or("");
  bool any = false;
  while (!rest.empty()) {
    std::string_view member = next_member(rest);
    std::string_view coding = trimmed(member.substr(0, member.find(';')));
    if (http::same_name(coding, "gzip")) return weight_of(member) > 0;
    if (coding == "*") any = weight_of(member) > 0;
  }
  return any;
}

bool has_already(const http::header_list& headers, std::string_view tag) {
  std::string_view rest = http::find_header(headers, "If-None-Match").value_or("");
  while (!rest.empty()) {
    std::string_view member = next_member(rest);
    if (member.starts_with("W/")) member.remove_prefix(2);
    if (member == tag || member == "*") return true;
  }
  return false;
}

std::string_view text_of(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

http::response wrong_screen_method() {
  http::response response =
      http::error_response(405, "METHOD_NOT_ALLOWED", "this address takes GET, HEAD only");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

} // namespace

bool is_screen_address(std::string_view target) {
  std::string_view path = path_of(target);
  return path == "/" || path.starts_with(assets);
}

std::optional<http::response> screen_response(const http::request& request) {
  const screen_file* file = find_file(path_of(request.target));
  if (file == nullptr) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") return wrong_screen_method();
  bool gzip = takes_gzip(request.headers);
  std::string tag = '"' + std::string(file->hash) + (gzip ? "-gzip\"" : "\"");
  http::response response;
  response.content_type = file->content_type;
  response.headers = {{"ETag", tag},
                      {"Cache-Control", "no-cache"},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", std::string(policy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (has_already(request.headers, tag)) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.lasting_body = text_of(gzip ? file->gzip : file->plain);
  return response;
}

} // namespace suivi::receiver
