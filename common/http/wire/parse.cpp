// Feeding Beast's parser piece by piece, so that the head's size is known exactly.
#include "common/http/wire/parse.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <limits>

namespace suivi::http {
namespace {

// Beside a head, only chunk extensions and trailers must fit a buffer whole before they can be read.
constexpr std::size_t max_unparsed_bytes = 16 * 1024;

constexpr std::size_t fields_usual = 8;
constexpr std::size_t fields_max = 128;

// Declared lengths are a peer's word: memory is taken as the bytes arrive, past this.
constexpr std::size_t max_trusted_length_bytes = 64 * 1024;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// RFC 9112 § 3.2.2: a server takes `http://host/path?query` too.
std::string origin_form(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (target.size() <= scheme.size() || !same_name(target.substr(0, scheme.size()), scheme)) continue;
    auto end = target.find_first_of("/?", scheme.size());
    if (end == std::string_view::npos) return "/";
    auto rest = std::string(target.substr(end));
    return rest.front() == '/' ? rest : "/" + rest;
  }
  return std::string(target);
}

// RFC 3986 § 3.2: a name or an address, and a port perhaps; nothing where the target has none. What else
// stands there another server may read as another host.
bool is_host(std::string_view text) {
  constexpr std::string_view marks = "-._~%!$&'()*+,;=";
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  auto of_name = [&](char c) {
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || is_digit(c) || marks.find(c) != std::string_view::npos;
  };
  std::size_t colon = text.rfind(':');
  bool bracketed = text.starts_with('[');
  bool has_port = colon != std::string_view::npos && (!bracketed || text[colon - 1] == ']');
  if (has_port && !std::ranges::all_of(text.substr(colon + 1), is_digit)) return false;
  std::string_view host = has_port ? text.substr(0, colon) : text;
  if (!bracketed) return std::ranges::all_of(host, of_name);
  return host.size() > 2 && host.ends_with(']') &&
         std::ranges::all_of(host.substr(1, host.size() - 2), [&](char c) { return of_name(c) || c == ':'; });
}

// `0\r\n` alone or with one byte more: at least five are to come of any chunked body, and Beast 1.81 asserts
// that it isn't shown four of a last chunk that is also the first.
bool is_part_of_last_chunk(const beast::flat_buffer& in) {
  std::string_view bytes(static_cast<const char*>(in.data().data()), in.size());
  return bytes.size() < 5 && bytes.starts_with("0\r\n");
}

} // namespace

template <bool is_request>
message_parser<is_request>::message_parser(std::size_t max_head_bytes, std::size_t max_body_bytes)
    : max_head_bytes_(max_head_bytes), max_body_bytes_(max_body_bytes) {
  // Beast's own limit counts the start line apart; feed() counts exactly, this one only stops it from looking
  // further.
  this->header_limit(static_cast<std::uint32_t>(
      std::min<std::size_t>(max_head_bytes + 1, std::numeric_limits<std::uint32_t>::max())));
  this->body_limit(max_body_bytes);
}

template <bool is_request>
step message_parser<is_request>::feed(beast::flat_buffer& in) {
  if (!begun()) { // RFC 9112 § 2.2: line breaks before a message are skipped
    auto bytes = static_cast<const char*>(in.data().data());
    std::size_t skipped = 0;
    while (skipped + 1 < in.size() && bytes[skipped] == '\r' && bytes[skipped + 1] == '\n') skipped += 2;
    in.consume(skipped);
    if (in.size() == 1 && static_cast<const char*>(in.data().data())[0] == '\r') return step::more;
  }
  while (in.size() != 0 && !this->is_done()) {
    bool in_head = !this->is_header_done();
    if (!in_head && this->chunked() && is_part_of_last_chunk(in)) return step::more;
    beast::error_code ec;
    std::size_t used = this->put(in.data(), ec);
    in.consume(used);
    if (in_head) head_bytes_ += used;
    if (unknown_coding_) return step::unknown_coding;
    if (in_head && (head_bytes_ > max_head_bytes_ || ec == beast::http::error::header_limit))
      return step::head_too_large;
    if (ec == beast::http::error::need_more) {
      if (in_head && head_bytes_ + in.size() > max_head_bytes_) return step::head_too_large;
      if (!in_head && in.size() > max_unparsed_bytes) return step::malformed;
      return step::more;
    }
    if (ec == beast::http::error::body_limit) return step::body_too_large;
    if (ec) return step::malformed;
    if (is_request && in_head && this->is_header_done() && (hosts_ > 1 || (http_1_1() && hosts_ == 0)))
      return step::malformed; // RFC 9112 § 3.2
    if (in_head && this->is_header_done() && stops_after_head_) return step::head_done;
  }
  return this->is_done() ? step::done : step::more;
}

template <bool is_request>
step message_parser<is_request>::end_of_input() {
  if (!this->got_some()) return step::malformed;
  beast::error_code ec;
  this->put_eof(ec);
  return ec ? step::malformed : step::done;
}

template <bool is_request>
void message_parser<is_request>::on_field_impl(beast::http::field name, string_view text, string_view value,
                                               error_code& ec) {
  if (this->is_header_done()) return; // a trailer
  if (name == beast::http::field::transfer_encoding) {
    // HTTP/1.0 knows no codings: whoever stands between may have read the message otherwise (RFC 9112 § 6.1).
    unknown_coding_ = http_1_1() && !same_name(view(value), "chunked");
    if (unknown_coding_ || (is_request && !http_1_1())) {
      ec = beast::http::error::bad_transfer_encoding;
      return;
    }
  }
  if (headers.size() == fields_max) { // each takes many times its bytes
    ec = beast::http::error::header_limit;
    return;
  }
  if (name == beast::http::field::host) {
    ++hosts_;
    if (is_request && !is_host(view(value))) {
      ec = beast::http::error::bad_field;
      return;
    }
  }
  if (name == beast::http::field::expect && same_name(view(value), "100-continue")) expects_continue_ = true;
  if (headers.empty()) headers.reserve(fields_usual);
  headers.emplace_back(text, value);
}

template <bool is_request>
void message_parser<is_request>::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                                   error_code&) {
  if (length)
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, max_trusted_length_bytes)));
}

template <bool is_request>
std::size_t message_parser<is_request>::on_body_impl(string_view part, error_code& ec) {
  if (part.size() > max_body_bytes_ - body.size()) {
    ec = beast::http::error::body_limit;
    return 0;
  }
  body.append(part.data(), part.size());
  return part.size();
}

template <bool is_request>
std::size_t message_parser<is_request>::on_chunk_body_impl(std::uint64_t, string_view part, error_code& ec) {
  return on_body_impl(part, ec);
}

template class message_parser<true>;
template class message_parser<false>;

void request_parser::on_request_impl(beast::http::verb, beast::string_view name, beast::string_view where,
                                     int version, beast::error_code&) {
  method = view(name);
  target = origin_form(view(where));
  version_ = version;
}

request request_parser::take_head(const boost::asio::ip::address& from) {
  return {std::move(method), std::move(target), std::move(headers), {}, from, {}};
}

void response_parser::on_response_impl(int code, beast::string_view, int version, beast::error_code&) {
  status = static_cast<unsigned>(code);
  version_ = version;
}

} // namespace suivi::http
