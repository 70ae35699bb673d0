// The queue and the thread that writes it. The mutex is never held while a line is written.
#include "common/log/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <poll.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace suivi::log {
namespace {

constexpr milliseconds patience_at_end{500};

// False: it is nobody's to read. A descriptor of somebody else's may be non-blocking.
bool write_whole(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t taken = ::write(descriptor, bytes.data(), bytes.size());
    if (taken >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(taken));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd output{descriptor, POLLOUT, 0};
      if (::poll(&output, 1, -1) < 0 && errno != EINTR) return false;
      if ((output.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

} // namespace

struct writer::state {
  int descriptor;
  limits within;
  lost_line tell_lost;
  mutable std::mutex guard{};
  std::condition_variable news{};
  std::condition_variable written{};
  std::deque<std::string> lines{};
  std::size_t bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t lost_unreported = 0;
  bool at_work = false; // a line is being written
  bool ending = false;
  bool started = false;

  void lose(std::uint64_t count) {
    lost += count;
    lost_unreported += count;
  }

  void run() {
    // A closed pipe is an error of the write, whatever the program has made of the signal.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    std::unique_lock lock(guard);
    for (;;) {
      news.wait(lock, [this] { return ending || !lines.empty(); });
      if (lines.empty()) return;
      std::string text;
      std::uint64_t unreported = std::exchange(lost_unreported, 0);
      if (unreported > 0) text = tell_lost(unreported) + '\n';
      text += lines.front() + '\n';
      bytes -= lines.front().size();
      lines.pop_front();
      at_work = true;
      lock.unlock();
      bool taken = write_whole(descriptor, text);
      lock.lock();
      at_work = false;
      if (!taken) {
        lost += 1;
        lost_unreported += unreported + 1;
      }
      written.notify_all();
    }
  }
};

writer::writer(int descriptor, limits within, lost_line tell_lost)
    : state_(std::make_shared<state>(descriptor, within, std::move(tell_lost))) {}

writer::~writer() {
  flush(patience_at_end);
  std::lock_guard lock(state_->guard);
  state_->ending = true;
  state_->news.notify_one();
}

void writer::put(std::string line) {
  state& s = *state_;
  {
    std::lock_guard lock(s.guard);
    if (!s.started) {
      s.started = true;
      std::thread([kept = state_] { kept->run(); }).detach();
    }
    s.bytes += line.size();
    s.lines.push_back(std::move(line));
    std::uint64_t gone = 0;
    while (s.lines.size() > 1 && (s.lines.size() > s.within.lines_max || s.bytes > s.within.bytes_max)) {
      s.bytes -= s.lines.front().size();
      s.lines.pop_front();
      ++gone;
    }
    s.lose(gone);
  }
  s.news.notify_one();
}

void writer::flush(milliseconds patience) {
  state& s = *state_;
  std::unique_lock lock(s.guard);
  s.written.wait_for(lock, patience, [&s] { return s.lines.empty() && !s.at_work; });
}

std::uint64_t writer::lost() const {
  std::lock_guard lock(state_->guard);
  return state_->lost;
}

} // namespace suivi::log
