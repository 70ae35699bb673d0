// The request loop: parse what is there, else read; answer; again.
// A small answer goes out in one write that is tried without waiting first. A connection that waits for its
// next request holds a socket and one small frame; all else comes with the request and goes with its answer.
#include "common/http/server/connection_session.hpp"

#include "common/http/message/response_head.hpp"
#include "common/http/server/body_stream.hpp"
#include "common/http/server/error_responses.hpp"
#include "common/http/wire/parse.hpp"
#include "common/runtime/wakeup.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <stdexcept>

namespace suivi::http {
namespace {

using tcp = asio::ip::tcp;

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t copied_body_bytes = 16 * 1024; // larger bodies are written from where they are
constexpr milliseconds linger_limit{2'000};

enum class after_answer {
  next,              // the connection carries another request
  linger_then_close, // the answer was its last
  nothing,           // it has ended, or is to be cut
};

template <class Stream>
class session_on final : public session {
  static constexpr bool plain = std::is_same_v<Stream, tcp::socket>;

 public:
  template <class... Args>
  session_on(server_state& shared, asio::ip::address peer, std::shared_ptr<asio::ssl::context> tls,
             Args&&... args)
      : session(shared, std::move(peer)), tls_(std::move(tls)), stream_(std::forward<Args>(args)...) {}

  void close_socket() override {
    boost::system::error_code ignored;
    socket().close(ignored);
  }

  bool has_unread() override {
    boost::system::error_code ignored;
    return socket().available(ignored) != 0;
  }

  // What is held while nothing happens is this frame: it must stay small. All that a request needs lives in
  // the frame of answer_next().
  task<void> run() override {
    if constexpr (!plain) {
      bool greeted = co_await shake_hands();
      if (!greeted) co_return;
    }
    auto then = after_answer::next;
    while (then == after_answer::next) {
      if constexpr (plain) {
        if (in_.size() == 0) {
          in_ = {};
          auto [failed] = co_await stream_.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::deferred));
          if (failed || !take_arrived()) co_return;
        }
      }
      then = co_await answer_next();
    }
    if (then == after_answer::linger_then_close) co_await linger();
  }

 private:
  tcp::socket& socket() {
    if constexpr (plain)
      return stream_;
    else
      return stream_.next_layer();
  }

  task<bool> shake_hands() {
    boost::system::error_code failed;
    co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                     asio::redirect_error(asio::use_awaitable, failed));
    co_return !failed;
  }

  task<after_answer> answer_next() {
    request_parser parser(shared_.limits.max_header_bytes, shared_.limits.max_body_bytes);
    parser.stop_after_head();
    body_budget budget(shared_);
    step got = parser.feed(in_);
    if (got == step::more) got = co_await read_request(parser, budget);
    head_verdict judged;
    if (got == step::head_done) {
      judged = judge(parser);
      got = parser.feed(in_);
      if (!budget.holds(parser.body.capacity(), is_known())) got = step::no_room;
      if (got == step::more && !judged.refusal) got = co_await read_request(parser, budget);
    }
    bool unread = got == step::more;                                // of a body that nobody wants
    if (unread && !judged.refusal) co_return after_answer::nothing; // the peer has gone, or was too slow
    enter_unlimited(phase::busy);
    request_count::one counted(shared_.under_way);
    bool head_only = parser.method == "HEAD";
    bool keep = false;
    response answer;
    if (judged.refusal && (got == step::done || unread)) {
      answer = std::move(*judged.refusal);
      keep = !unread && parser.keep_alive() && !shared_.draining;
    } else if (got == step::done) {
      std::exception_ptr thrown;
      try {
        request whole = parser.take_head(peer_);
        whole.body = std::move(parser.body);
        whole.found = std::move(judged.found);
        answer = co_await shared_.on_request(std::move(whole));
      } catch (...) {
        thrown = std::current_exception();
      }
      if (thrown) {
        auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(thrown);
        answer = after_exception(thrown);
      }
      if (answer.status == 0) co_return after_answer::nothing;
      if (!is_sound(answer))
        answer = after_exception(std::make_exception_ptr(std::logic_error("unsound answer")));
      keep = parser.keep_alive() && !shared_.draining;
      if (same_name(find_header(answer.headers, "Connection").value_or(""), "close")) keep = false;
    } else {
      answer = refusal_of(got);
    }
    if (answer.stream && !parser.http_1_1()) keep = false;
    answer_terms terms{parser.http_1_1(), keep};
    bool sent = false;
    if (answer.stream) {
      sent = co_await stream(answer, terms, head_only);
    } else {
      bool with_body = !head_only && answer.status != 204 && answer.status != 304;
      auto unsent = send_now(answer, terms, with_body);
      sent = unsent.head.empty();
      if (!sent) sent = co_await write(unsent.head, unsent.body);
    }
    if (!sent) co_return after_answer::nothing;
    enter(phase::idle, shared_.limits.idle_timeout);
    co_return keep && !last_answer_ && !shared_.draining ? after_answer::next
                                                         : after_answer::linger_then_close;
  }

  // The head is lent to whoever judges it.
  head_verdict judge(request_parser& parser) {
    if (!shared_.judge) return {};
    request head = parser.take_head(peer_);
    head_verdict judged = shared_.judge(head);
    parser.method = std::move(head.method);
    parser.target = std::move(head.target);
    parser.headers = std::move(head.headers);
    if (judged.is_known) be_known();
    if (!judged.refusal) parser.limit_body(judged.body_bytes_max);
    return judged;
  }

  // Until the head or the request is whole, or it is refused; step::more when nothing further can be read.
  task<step> read_request(request_parser& parser, body_budget& budget) {
    bool in_head = false, in_body = false, continued = false;
    step got = step::more;
    while (got == step::more) {
      if (!in_body && parser.is_header_done()) {
        in_body = true;
        enter(is_known() ? phase::busy : phase::asking, shared_.limits.body_timeout);
      } else if (!in_head && !in_body && parser.begun()) {
        in_head = true;
        enter(phase::asking, shared_.limits.header_timeout);
      }
      if (in_body && !continued && parser.expects_continue() && parser.http_1_1() && in_.size() == 0 &&
          parser.body.empty()) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        boost::system::error_code failed;
        continued = true;
        co_await asio::async_write(stream_, asio::buffer(go_on),
                                   asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return step::more;
      }
      bool arrived = co_await read_some();
      if (!arrived) co_return step::more;
      got = parser.feed(in_);
      if (in_body && !budget.holds(parser.body.capacity(), is_known())) co_return step::no_room;
    }
    co_return got;
  }

  // False: the peer has gone, or was cut off.
  task<bool> read_some() {
    if constexpr (plain) {
      auto [failed] = co_await stream_.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::deferred));
      co_return !failed && take_arrived();
    } else {
      boost::system::error_code failed;
      auto space = in_.prepare(read_bytes);
      std::size_t n =
          co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
      if (failed) co_return false;
      in_.commit(n);
      co_return true;
    }
  }

  // False: the peer has gone.
  bool take_arrived() {
    boost::system::error_code failed;
    std::size_t n = stream_.read_some(asio::buffer(shared_.arrived), failed);
    if (failed) return failed == asio::error::would_block;
    auto space = in_.prepare(n);
    asio::buffer_copy(space, asio::buffer(shared_.arrived, n));
    in_.commit(n);
    return true;
  }

  struct unsent {
    std::string head; // and a small body
    asio::const_buffer body;
  };

  // Lays the answer out and, on a plain connection, hands the kernel what it takes. What is left may point
  // into the answer.
  unsent send_now(const response& answer, const answer_terms& terms, bool with_body) {
    auto& text = shared_.laid_out;
    text.clear();
    append_answer_head(text, answer, terms, shared_.date());
    std::string_view body = with_body ? answer.bytes() : std::string_view();
    if (body.size() > copied_body_bytes) return {text, asio::buffer(body)};
    text += body;
    std::size_t sent = 0;
    if constexpr (plain) {
      boost::system::error_code failed; // comes again where the rest is written
      sent = stream_.write_some(asio::buffer(text), failed);
    }
    return {text.substr(sent), {}};
  }

  // The write timeout begins anew with every piece that the kernel takes: a slow reader is not cut off, one
  // that reads nothing is. Where connections are short, strangers who read slowly give way.
  task<bool> write(std::string_view head, asio::const_buffer body) {
    std::array<asio::const_buffer, 2> parts{asio::buffer(head), body};
    for (asio::const_buffer& part : parts)
      while (part.size() > 0) {
        enter(is_known() ? phase::busy : phase::reading, shared_.limits.write_timeout);
        boost::system::error_code failed;
        std::size_t taken =
            co_await stream_.async_write_some(part, asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return false;
        part += taken;
      }
    co_return true;
  }

  // The pieces of one streamed body, each framed as a chunk where the peer knows chunks.
  class streamed_body final : public body_sink {
   public:
    streamed_body(session_on& on, bool chunked) : on_(on), chunked_(chunked) {}

    task<bool> send(std::string_view piece) override {
      if (piece.empty() || failed_) co_return !failed_;
      auto framed = chunked_ ? fmt::format("{:x}\r\n", piece.size()) : std::string();
      framed += piece;
      if (chunked_) framed += "\r\n";
      bool sent = co_await on_.write_piece(framed);
      failed_ = !sent;
      co_return sent;
    }

    bool open() override { return !failed_ && !on_.shared_.draining && !on_.peer_has_closed(); }

    [[nodiscard]] bool failed() const { return failed_; }

   private:
    session_on& on_;
    bool chunked_;
    bool failed_ = false;
  };

  // Between pieces no clock runs.
  task<bool> write_piece(std::string_view text) {
    asio::const_buffer no_more;
    bool sent = co_await write(text, no_more);
    enter_unlimited(phase::busy);
    co_return sent;
  }

  bool peer_has_closed() {
    if constexpr (!plain) {
      watch_for_goodbye();
      if (goodbye_said_) return true;
    }
    pollfd watched{socket().native_handle(), POLLRDHUP, 0};
    return ::poll(&watched, 1, 0) != 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
  }

  // A goodbye within TLS is seen by reading only. What the peer sends instead is its next request.
  void watch_for_goodbye() {
    if (watching_ || goodbye_said_ || in_.size() >= read_bytes) return;
    watching_ = true;
    if (!watch_ended_) watch_ended_.emplace(socket().get_executor());
    stream_.async_read_some(in_.prepare(read_bytes), [this](boost::system::error_code failed, std::size_t n) {
      watching_ = false;
      if (failed)
        goodbye_said_ = true;
      else
        in_.commit(n);
      watch_ended_->notify();
    });
  }

  // Its handler must not outlive us.
  task<void> end_watch() {
    if (!watching_) co_return;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    boost::system::error_code ignored;
    while (watching_) {
      socket().cancel(ignored);
      co_await watch_ended_->wait();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  }

  task<bool> stream(const response& answer, const answer_terms& terms, bool head_only) {
    std::string head;
    append_answer_head(head, answer, terms, shared_.date());
    bool sent = co_await write_piece(head);
    if (!sent || head_only) co_return sent;
    streamed_body body(*this, terms.http_1_1);
    std::exception_ptr thrown;
    try {
      co_await answer.stream->make(body);
    } catch (...) {
      thrown = std::current_exception();
    }
    auto state = co_await asio::this_coro::cancellation_state;
    bool cancelled = state.cancelled() != asio::cancellation_type::none;
    bool watched = watching_;
    co_await end_watch();
    if (thrown) {
      if (cancelled) std::rethrow_exception(thrown);
      after_exception(thrown);
      close(); // the peer must not take what it has for the whole
      co_return false;
    }
    if (body.failed() || goodbye_said_) co_return false;
    if (watched) last_answer_ = true; // a read that was broken off leaves nothing to go on with
    if (!terms.http_1_1) co_return true;
    sent = co_await write_piece("0\r\n\r\n");
    co_return sent;
  }

  // Closing with unread bytes in the kernel would reset the connection and may take the answer with it: say
  // that no more comes, then read on until the peer closes too.
  task<void> linger() {
    enter(phase::lingering, linger_limit);
    boost::system::error_code failed;
    if constexpr (!plain) {
      co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, failed));
      failed.clear();
    }
    socket().shutdown(tcp::socket::shutdown_send, failed);
    while (!failed) {
      in_.clear();
      auto space = in_.prepare(read_bytes);
      co_await socket().async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
    }
  }

  std::shared_ptr<asio::ssl::context> tls_;
  Stream stream_;
  beast::flat_buffer in_;
  std::optional<runtime::wakeup> watch_ended_;
  bool watching_ = false;
  bool goodbye_said_ = false;
  bool last_answer_ = false;
};

} // namespace

std::unique_ptr<session> make_session(server_state& shared, tcp::socket socket, asio::ip::address peer,
                                      std::shared_ptr<asio::ssl::context> tls) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  if (!tls)
    return std::make_unique<session_on<tcp::socket>>(shared, std::move(peer), nullptr, std::move(socket));
  auto& context = *tls;
  return std::make_unique<session_on<asio::ssl::stream<tcp::socket>>>(shared, std::move(peer), std::move(tls),
                                                                      std::move(socket), context);
}

} // namespace suivi::http
