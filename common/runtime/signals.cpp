// signal_set for the first signal, the default disposition for the second.
#include "common/runtime/signals.hpp"

#include "common/log/log.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace suivi::runtime {

namespace {

// What stop_deadline has heard. A signal goes to the sets there are: one that comes before the loop has its
// own is heard by that of the deadline alone.
class first_signal {
 public:
  // True: it has come already. Else `tell` is called on another thread when it comes, until forget().
  bool wait(std::function<void()> tell) {
    std::lock_guard lock(guard_);
    tell_ = std::move(tell);
    return came_;
  }
  void forget() {
    std::lock_guard lock(guard_);
    tell_ = nullptr;
  }
  bool came() {
    std::lock_guard lock(guard_);
    return came_;
  }
  void note(bool came) {
    std::lock_guard lock(guard_);
    came_ = came;
    if (came && tell_) tell_();
  }

 private:
  std::mutex guard_;
  bool came_ = false;
  std::function<void()> tell_;
};

first_signal& heard_by_deadline() {
  static first_signal heard;
  return heard;
}

struct forgotten_at_end {
  ~forgotten_at_end() { heard_by_deadline().forget(); }
};

} // namespace

task<void> stop_requested() {
  auto executor = co_await asio::this_coro::executor;
  auto signals = std::make_shared<asio::signal_set>(executor, SIGTERM, SIGINT);
  auto cancel = [waiting = std::weak_ptr(signals)] {
    if (auto set = waiting.lock()) set->cancel();
  };
  forgotten_at_end telling;
  if (!heard_by_deadline().wait([executor, cancel] { asio::post(executor, cancel); })) {
    boost::system::error_code ended;
    co_await signals->async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (ended && !heard_by_deadline().came()) throw boost::system::system_error(ended);
  }
  signals->clear(); // a second signal finds the default disposition
}

void end_at_stop_signals() {
  for (int each : {SIGTERM, SIGINT}) std::signal(each, [](int) { std::_Exit(0); });
}

// A loop and a thread of its own, for the program's loop may be what hangs.
struct stop_deadline::watch {
  watch(std::chrono::milliseconds after, int status_then)
      : grace(after), status(status_then), signals(context, SIGTERM, SIGINT), timer(context) {
    signals.async_wait([this](const boost::system::error_code& failed, int) {
      if (failed) return;
      heard_by_deadline().note(true);
      end_at_the_next();
      timer.expires_after(grace);
      timer.async_wait([this](const boost::system::error_code& stopped) {
        if (!stopped) give_up(status);
      });
    });
    thread = std::thread([this] { context.run(); });
  }

  ~watch() {
    asio::post(context, [this] {
      signals.cancel();
      timer.cancel();
    });
    thread.join();
    heard_by_deadline().note(false);
  }

  // As stop_requested() would have it, which this set keeps from it: a signal goes to whichever set there is.
  void end_at_the_next() {
    signals.async_wait([](const boost::system::error_code& failed, int number) {
      if (failed) return;
      std::signal(number, SIG_DFL);
      std::raise(number);
    });
  }

  // A log that nobody reads is waited for a moment only.
  [[noreturn]] static void give_up(int status) {
    constexpr std::chrono::milliseconds patience{200};
    log::warn("the stop takes too long: the program ends without finishing it");
    log::flush(patience);
    std::_Exit(status);
  }

  std::chrono::milliseconds grace;
  int status;
  asio::io_context context{1};
  asio::signal_set signals;
  asio::steady_timer timer;
  std::thread thread;
};

stop_deadline::stop_deadline(std::chrono::milliseconds grace, int status)
    : watch_(std::make_unique<watch>(grace, status)) {}
stop_deadline::~stop_deadline() = default;

void ignore_hangup_and_broken_pipe() {
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

void keep_standard_files_open() {
  for (int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(each, F_GETFD) < 0 && errno == EBADF)
      (void)::open("/dev/null", O_RDWR); // takes the lowest number
}

task<void> at_each_hangup(std::function<void()> reload) {
  auto executor = co_await asio::this_coro::executor;
  asio::signal_set signals(executor, SIGHUP);
  for (;;) {
    co_await signals.async_wait(asio::use_awaitable);
    reload();
  }
}

std::size_t raise_open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

} // namespace suivi::runtime
