// Reads the process's own figures from /proc/self.
#include "common/metrics/process.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace suivi::metrics {
namespace {

std::string whole(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The first is the state, field 3 of proc(5).
std::vector<double> stat_fields() {
  std::string text = whole("/proc/self/stat");
  std::size_t end_of_name = text.rfind(')');
  std::vector<double> fields;
  if (end_of_name == std::string::npos || end_of_name + 2 > text.size()) return fields;
  std::istringstream rest(text.substr(end_of_name + 2));
  std::string state;
  rest >> state;
  fields.push_back(0);
  for (double field = 0; rest >> field;) fields.push_back(field);
  return fields;
}

constexpr std::size_t first_field = 3;
constexpr std::size_t user_ticks = 14 - first_field;
constexpr std::size_t system_ticks = 15 - first_field;
constexpr std::size_t start_ticks = 22 - first_field;
constexpr std::size_t virtual_bytes = 23 - first_field;
constexpr std::size_t resident_pages = 24 - first_field;

double boot_time() {
  std::istringstream lines(whole("/proc/stat"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  return 0;
}

double count_open_files() {
  std::error_code failed;
  double open = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", failed);
  for (; !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) ++open;
  return open > 0 ? open - 1 : 0; // the folder's own
}

} // namespace

process_figures::process_figures(registry& where)
    : cpu_seconds_(where.make_counter("process_cpu_seconds_total", "User and system time spent.")),
      resident_bytes_(where.make_gauge("process_resident_memory_bytes", "Resident memory.")),
      virtual_bytes_(where.make_gauge("process_virtual_memory_bytes", "Virtual memory.")),
      open_files_(where.make_gauge("process_open_fds", "Open file descriptors.")),
      open_files_max_(where.make_gauge("process_max_fds", "File descriptors that may be open at once.")),
      start_time_(where.make_gauge("process_start_time_seconds", "When the process began, since 1970.")) {
  refresh();
}

void process_figures::refresh() {
  std::vector<double> fields = stat_fields();
  auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (fields.size() > resident_pages && ticks_per_second > 0) {
    double cpu = (fields[user_ticks] + fields[system_ticks]) / ticks_per_second;
    if (cpu > cpu_counted_) cpu_seconds_.add(cpu - cpu_counted_);
    cpu_counted_ = cpu;
    virtual_bytes_.set(fields[virtual_bytes]);
    resident_bytes_.set(fields[resident_pages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    static const double booted = boot_time();
    start_time_.set(booted + fields[start_ticks] / ticks_per_second);
  }
  open_files_.set(count_open_files());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) open_files_max_.set(static_cast<double>(limit.rlim_cur));
}

} // namespace suivi::metrics
