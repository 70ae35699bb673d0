// The figures of this very process.
#include "common/metrics/process.hpp"

#include <chrono>
#include <ctime>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace suivi;

namespace {

double value_of(const metrics::registry& where, const std::string& name) {
  std::string text = where.text();
  std::size_t at = text.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + name.size() + 2));
}

} // namespace

TEST_CASE("a process tells its memory, files, time and start by Prometheus' names") {
  metrics::registry series;
  metrics::process_figures figures(series);
  double files = value_of(series, "process_open_fds");
  CHECK(files >= 3);
  CHECK(value_of(series, "process_max_fds") >= files);
  CHECK(value_of(series, "process_resident_memory_bytes") > 1'000'000);
  CHECK(value_of(series, "process_virtual_memory_bytes") >=
        value_of(series, "process_resident_memory_bytes"));
  auto now = static_cast<double>(std::time(nullptr));
  CHECK(value_of(series, "process_start_time_seconds") > now - 86'400);
  CHECK(value_of(series, "process_start_time_seconds") < now + 10);
  int one = ::open("/dev/null", O_RDONLY);
  figures.refresh();
  CHECK(value_of(series, "process_open_fds") == files + 1);
  ::close(one);
  double before = value_of(series, "process_cpu_seconds_total");
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  while (std::chrono::steady_clock::now() < until) {
  }
  figures.refresh();
  CHECK(value_of(series, "process_cpu_seconds_total") > before);
}
