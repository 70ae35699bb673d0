// What happens often is one line of the log.
#include "receiver/services/receiver_metrics.hpp"

#include "common/log/log.hpp"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

using namespace suivi;
using namespace suivi::receiver;

namespace {

// What `work` writes to standard error; less than a pipe holds.
template <class Work>
std::string written_by(Work work) {
  log::flush(milliseconds(10'000));
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  work();
  log::flush(milliseconds(10'000));
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  ::close(ends[1]);
  std::array<char, 32 * 1024> bytes{};
  ssize_t count = ::read(ends[0], bytes.data(), bytes.size());
  ::close(ends[0]);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

} // namespace

TEST_CASE("webhooks that the database refuses, one by one or all of them, are one line each") {
  metrics::registry series;
  receiver_metrics counts(series);
  std::string text = written_by([&] {
    for (int i = 0; i < 50; ++i) {
      counts.refused_webhook(permanent("sqlstate:23514", "somebody's name"));
      counts.refused_all(permanent("sqlstate:42501", "permission denied for table inbox"));
    }
    counts.tell_rest();
  });
  CHECK(std::ranges::count(text, '\n') == 2);
  CHECK(text.find("23514") != std::string::npos);
  CHECK(text.find("permission denied") != std::string::npos);
  CHECK(text.find("somebody") == std::string::npos);
}
