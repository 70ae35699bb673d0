// What lets a stand-in that is started again go on where the one before stopped: when its world began, and
// when parcels moved. Only moves of the world's own are kept, not what a test asked for.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace suivi::sim {

struct moves_at {
  instant when{};
  std::uint64_t count = 0;
};

class move_log {
 public:
  // Reads what is there and writes behind it; a file that is not there begins at `now`. A last line that was
  // cut off is dropped. An error names the file.
  static result<move_log> open(const std::string& path, instant now);

  [[nodiscard]] instant start() const { return start_; }
  [[nodiscard]] const std::vector<moves_at>& moves() const { return moves_; } // as they were at open()
  void append(const moves_at& one);

 private:
  move_log() = default;
  std::ofstream out_;
  instant start_{};
  std::vector<moves_at> moves_;
};

} // namespace suivi::sim
