// Both directions are awaited by plain handlers that set a flag and wake the coroutine through a timer's
// cancel(), so one wait costs no second coroutine. A direction that did not fire stays armed for the next
// wait.
//
// A duplicate is watched, for libpq closes its socket by itself as soon as it notices that the server has
// gone. Asio would go on to hold the number, which by then is another socket's, and take that one out of
// epoll when it lets go.
#include "common/pg/socket_watch.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace suivi::pg {

struct socket_watch::core : std::enable_shared_from_this<core> {
  explicit core(const asio::any_io_executor& executor) : descriptor(executor), changed(executor) {}

  struct direction {
    bool armed = false;
    bool ready = false;
  };
  asio::posix::stream_descriptor descriptor;
  asio::steady_timer changed;
  direction read, write;
  unsigned generation = 0; // handlers of a former descriptor are ignored

  void arm(direction core::* which, asio::posix::stream_descriptor::wait_type type) {
    direction& d = this->*which;
    if (d.armed || d.ready) return;
    d.armed = true;
    auto fired = [self = shared_from_this(), which, born = generation](const boost::system::error_code&) {
      if (born != self->generation) return;
      (*self.*which) = {.armed = false, .ready = true}; // errors too: libpq finds out what it is
      self->changed.cancel();
    };
    descriptor.async_wait(type, std::move(fired));
  }
};

socket_watch::socket_watch(asio::any_io_executor executor) : core_(std::make_shared<core>(executor)) {}

socket_watch::~socket_watch() {
  detach();
}

bool socket_watch::attach(int descriptor) {
  detach();
  int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return false;
  boost::system::error_code failed;
  core_->descriptor.assign(own, failed);
  if (failed) ::close(own);
  return !failed;
}

void socket_watch::detach() {
  if (!core_->descriptor.is_open()) return;
  ++core_->generation;
  core_->read = {};
  core_->write = {};
  // Not Asio's close(): it leaves the registration to the kernel, which keeps it as long as libpq's
  // descriptor lives.
  ::close(core_->descriptor.release());
}

task<bool> socket_watch::wait(interest interest, steady_time deadline) {
  auto self = core_;
  bool reads = interest != interest::writing;
  bool writes = interest != interest::reading;
  if (reads) self->arm(&core::read, asio::posix::stream_descriptor::wait_read);
  if (writes) self->arm(&core::write, asio::posix::stream_descriptor::wait_write);
  auto ready = [&] { return (reads && self->read.ready) || (writes && self->write.ready); };
  while (!ready()) {
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    self->changed.expires_at(deadline);
    boost::system::error_code ended;
    co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (reads) self->read.ready = false;
  if (writes) self->write.ready = false;
  co_return true;
}

} // namespace suivi::pg
