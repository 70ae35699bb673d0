// What a reader of the stream wants to hear, and how much of it. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/http/message/message.hpp"

#include <cstdint>
#include <deque>
#include <set>
#include <string_view>

namespace suivi::receiver {

enum class stream_topic { overview, problem, change, event, sweep };
[[nodiscard]] std::string_view to_string(stream_topic topic);

struct stream_wish {
  std::set<stream_topic> topics; // empty: all
  int messages_per_second = 0;   // 0: any number
  [[nodiscard]] bool wants(stream_topic topic) const { return topics.empty() || topics.contains(topic); }
};

// `topics`, separated by commas, and `rate`; an error names the parameter.
[[nodiscard]] result<stream_wish> read_stream_wish(const http::target& from);

// So many messages in any second, wherever it begins; what is beyond is counted.
class message_pace {
 public:
  explicit message_pace(int messages_per_second) : limit_(messages_per_second) {}

  [[nodiscard]] bool admits(steady_time now);
  void skip(std::int64_t messages) { skipped_ += messages; }
  // What was not admitted since the last time this was answered; 0 within a second of it.
  [[nodiscard]] std::int64_t skipped(steady_time now);

 private:
  int limit_;
  std::deque<steady_time> admitted_; // within the last second, oldest first
  std::int64_t skipped_ = 0;
  steady_time reported_at_{};
};

} // namespace suivi::receiver
