// Beast's parser, filling our own messages. No I/O: bytes in a buffer are fed, a step comes out.
//
// One parser reads one message. A request of HTTP/1.1 names one host, one of HTTP/1.0 at most one, and what
// it names can be one. Header and body limits are exact: a head or a body of just the limit passes.
#pragma once

#include "common/http/message/message.hpp"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>

namespace suivi::http {

namespace beast = boost::beast;

enum class step {
  more,
  head_done, // once, where it was asked for: the body, if there is one, is still to be fed
  done,
  malformed,
  head_too_large,
  body_too_large,
  unknown_coding,
  no_room, // the server's, not the parser's: too many bodies are under way
};

// What both directions have in common: counting the head, collecting headers and body.
template <bool is_request>
class message_parser : public beast::http::basic_parser<is_request> {
  using base = beast::http::basic_parser<is_request>;
  using error_code = beast::error_code;
  using string_view = beast::string_view;

 public:
  message_parser(std::size_t max_head_bytes, std::size_t max_body_bytes);

  // Consumes what it can of `in`. step::more leaves at most an incomplete line or head behind.
  step feed(beast::flat_buffer& in);
  // The peer has sent all it will: a body without length ends here.
  step end_of_input();
  // feed() returns at the end of the head, once.
  void stop_after_head() { stops_after_head_ = true; }
  // Of a message whose body has not been fed yet; never more than before.
  void limit_body(std::size_t bytes_max) { max_body_bytes_ = std::min(max_body_bytes_, bytes_max); }

  // A byte of the message itself has arrived (line breaks before it do not count).
  [[nodiscard]] bool begun() const { return head_bytes_ != 0 || this->got_some(); }
  [[nodiscard]] bool http_1_1() const { return version_ == 11; }
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

  header_list headers;
  std::string body;

 protected:
  int version_ = 11;

 private:
  void on_field_impl(beast::http::field name, string_view text, string_view value, error_code& ec) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
  std::size_t on_body_impl(string_view part, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view part, error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  std::size_t max_head_bytes_;
  std::size_t max_body_bytes_;
  std::size_t head_bytes_ = 0;
  bool expects_continue_ = false;
  bool unknown_coding_ = false;
  std::size_t hosts_ = 0;
  bool stops_after_head_ = false;
};

class request_parser final : public message_parser<true> {
 public:
  using message_parser::message_parser;
  std::string method;
  std::string target; // in origin form where it came in absolute form; the authority is nobody's here

  // The head alone; nothing of it is left here.
  [[nodiscard]] request take_head(const boost::asio::ip::address& from);

 private:
  void on_request_impl(beast::http::verb, beast::string_view name, beast::string_view where, int version,
                       beast::error_code&) override;
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
};

class response_parser final : public message_parser<false> {
 public:
  using message_parser::message_parser;
  unsigned status = 0;

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       beast::error_code&) override {}
  void on_response_impl(int code, beast::string_view reason, int version, beast::error_code&) override;
};

} // namespace suivi::http
