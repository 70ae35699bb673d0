// A line for the beginning, then one for each moment at which parcels moved: microseconds since 1970, and how
// many.
#include "tests/maystro_sim/world/move_log.hpp"

#include <filesystem>
#include <sstream>

namespace suivi::sim {
namespace {

instant at(std::int64_t since_1970_us) {
  return instant(microseconds(since_1970_us));
}

std::int64_t number(instant when) {
  return when.time_since_epoch().count();
}

} // namespace

result<move_log> move_log::open(const std::string& path, instant now) {
  move_log log;
  log.start_ = now;
  std::string kept;
  std::ifstream in(path);
  bool first = true;
  for (std::string line; std::getline(in, line) && !in.eof(); first = false) {
    std::istringstream words(line);
    std::int64_t when = 0;
    moves_at one;
    bool read = static_cast<bool>(words >> when) && (first || static_cast<bool>(words >> one.count));
    if (!read) return permanent("moves", path + ": a line is not understood; remove the file to begin anew");
    one.when = at(when);
    if (first)
      log.start_ = one.when;
    else
      log.moves_.push_back(one);
    kept += line + '\n';
  }
  if (first) kept = std::to_string(number(now)) + '\n';
  in.close();
  std::error_code failed;
  if (std::filesystem::file_size(path, failed) != kept.size() || failed) {
    const std::string draft = path + ".new";
    std::ofstream(draft) << kept;
    std::filesystem::rename(draft, path, failed);
    if (failed) return permanent("moves", path + ": it cannot be written");
  }
  log.out_.open(path, std::ios::app);
  if (!log.out_) return permanent("moves", path + ": it cannot be written");
  return log;
}

void move_log::append(const moves_at& one) {
  out_ << number(one.when) << ' ' << one.count << '\n' << std::flush;
}

} // namespace suivi::sim
