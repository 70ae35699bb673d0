// Reads a reader's wish and counts what it was not sent.
#include "receiver/api/stream/stream_wish.hpp"

#include "receiver/api/call/parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace suivi::receiver {
namespace {

constexpr std::array<std::pair<std::string_view, stream_topic>, 5> topics{{
    {"overview", stream_topic::overview},
    {"problem", stream_topic::problem},
    {"change", stream_topic::change},
    {"event", stream_topic::event},
    {"sweep", stream_topic::sweep},
}};

constexpr int rate_max = 100'000;

} // namespace

std::string_view to_string(stream_topic topic) {
  for (auto [name, value] : topics)
    if (value == topic) return name;
  return "";
}

result<stream_wish> read_stream_wish(const http::target& from) {
  stream_wish wish;
  std::string_view names = from.find("topics").value_or("");
  while (!names.empty()) {
    std::string_view one = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), one.size() + 1));
    bool known = false;
    for (auto [name, value] : topics)
      if (name == one) {
        wish.topics.insert(value);
        known = true;
      }
    if (!known)
      return wrong_value("topics", one,
                         "some of overview, problem, change, event, sweep, separated by commas");
  }
  if (auto rate = from.find("rate")) {
    auto [end, failed] = std::from_chars(rate->data(), rate->data() + rate->size(), wish.messages_per_second);
    bool whole = failed == std::errc() && end == rate->data() + rate->size();
    if (!whole || wish.messages_per_second < 1 || wish.messages_per_second > rate_max)
      return wrong_value("rate", *rate, "a whole number from 1 to 100000");
  }
  return wish;
}

bool message_pace::admits(steady_time now) {
  if (limit_ == 0) return true;
  while (!admitted_.empty() && now - admitted_.front() >= std::chrono::seconds(1)) admitted_.pop_front();
  if (admitted_.size() < static_cast<std::size_t>(limit_)) {
    admitted_.push_back(now);
    return true;
  }
  ++skipped_;
  return false;
}

std::int64_t message_pace::skipped(steady_time now) {
  if (skipped_ == 0 || now - reported_at_ < std::chrono::seconds(1)) return 0;
  reported_at_ = now;
  auto all = skipped_;
  skipped_ = 0;
  return all;
}

} // namespace suivi::receiver
