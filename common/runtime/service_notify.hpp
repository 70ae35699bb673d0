// Tells the service manager how this process is: systemd's Type=notify, one datagram a message, without its
// library.
//
// Nothing is sent where nobody asked ($NOTIFY_SOCKET is not set). A message that changes the state waits at
// most 200 ms for a manager that is busy, any other not at all. The watchdog's sign of life comes from the
// loop itself, so that a loop that stands still is seen and the process started again.
#pragma once

#include "common/runtime/task.hpp"

#include <string>
#include <string_view>

namespace suivi::runtime {

class service_notifier {
 public:
  // As the service manager gave them: $NOTIFY_SOCKET, and $WATCHDOG_USEC where $WATCHDOG_PID is this process.
  [[nodiscard]] static service_notifier from_environment();

  // `address`: a path, or `@name` in the abstract name space; empty: nobody listens. `watchdog`: how long the
  // manager waits for a sign of life; zero: it does not.
  explicit service_notifier(std::string_view address, milliseconds watchdog = milliseconds(0));
  ~service_notifier();
  service_notifier(const service_notifier&) = delete;
  service_notifier& operator=(const service_notifier&) = delete;

  [[nodiscard]] bool has_listener() const { return socket_ >= 0; }

  // `status` is one line for `systemctl status`, in plain words.
  void ready(std::string_view status);
  void status(std::string_view status);
  // Settings or files are read anew; ready() follows.
  void reloading();
  // The end may take `grace` from now on, whatever the unit's own limit is.
  void stopping(std::string_view status, milliseconds grace);

  // Sends a sign of life twice in each period of the watchdog; ends by cancellation, or at once where none is
  // wanted.
  [[nodiscard]] task<void> feed_watchdog();

 private:
  void send(std::string_view message, bool patient) const;

  std::string address_; // as the kernel wants it: an abstract name begins with a zero byte
  milliseconds watchdog_;
  int socket_ = -1;
};

} // namespace suivi::runtime
