// Which doubts of a sweep still need a single read, from when on it settles them, and how often one parcel
// was read. Pure: time is an argument.
#pragma once

#include "common/base/time.hpp"
#include "common/decision/observation.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace suivi::reconciler {

// Equal for doubts that one single read settles.
[[nodiscard]] std::string doubt_key(const shop::wanted_read& wanted);

class doubt_queue {
 public:
  // One parcel is read so often in a sweep: while it is read, more webhooks may come.
  static constexpr int reads_of_one_max = 3;
  // So long a single read waits for a courier's clock that is behind ours.
  static constexpr milliseconds clock_wait_max{120'000};

  // Dropped where a read that began late enough was had or is under way; unsettled where it was read too
  // often, or where it comes from such a read itself (`after_read`): asking once more would bring the same.
  void push(shop::wanted_read wanted, bool after_read = false);
  // The doubts that a read beginning now settles, at most `reads_max` of them; they count as read from now.
  [[nodiscard]] std::vector<shop::wanted_read> take_due(instant now, std::size_t reads_max);
  // How long until the first of the waiting ones is due, at most `limit`; not negative.
  [[nodiscard]] milliseconds due_in(instant now, milliseconds limit) const;

  // The courier's clock was seen so much behind ours: its reads must begin later to beat a webhook.
  void clock_behind(milliseconds by);
  // The read brought nothing that settles it.
  void read_failed(const shop::wanted_read& wanted);
  // Nothing more is asked: whatever still waits stays unsettled.
  void close();

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // Names of what stays in doubt: the reference, else the courier's id.
  [[nodiscard]] const std::map<std::string, std::string>& unsettled() const { return unsettled_; }

 private:
  [[nodiscard]] instant settled_from(const shop::wanted_read& wanted) const;

  struct reads {
    instant began; // the last one
    int count = 0;
  };
  std::map<std::string, shop::wanted_read> waiting_; // by doubt_key
  std::map<std::string, reads> reads_;               // done, or under way
  std::map<std::string, std::string> unsettled_;     // by doubt_key
  milliseconds clock_behind_{0};
};

} // namespace suivi::reconciler
