// A stand-in that is started again goes on where the one before stopped.
#include "tests/maystro_sim/world/move_log.hpp"

#include "tests/maystro_sim/world/world.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace suivi;
using namespace suivi::sim;

namespace {

struct file_for_moves {
  std::string path =
      (std::filesystem::temp_directory_path() / ("suivi-moves-" + std::to_string(::getpid()))).string();
  file_for_moves() { std::filesystem::remove(path); }
  ~file_for_moves() { std::filesystem::remove(path); }
  file_for_moves(const file_for_moves&) = delete;
  file_for_moves& operator=(const file_for_moves&) = delete;
};

world world_of(const move_log& log) {
  world_shape shape;
  shape.first = {1, 50, 1, 0.1};
  shape.start = log.start();
  world all(shape);
  for (const moves_at& one : log.moves())
    for (std::uint64_t i = 0; i < one.count; ++i) (void)all.move_one(one.when);
  return all;
}

const instant noon = instant(seconds(1'790'000'000));

} // namespace

TEST_CASE("a stand-in that is started again has every parcel where it was, with the same times") {
  file_for_moves file;
  auto first = move_log::open(file.path, noon);
  REQUIRE(first.has_value());
  world all = world_of(*first);
  for (int i = 0; i < 40; ++i) {
    const instant when = noon + seconds(i);
    (void)all.move_one(when);
    (void)all.move_one(when);
    first->append({when, 2});
  }
  auto second = move_log::open(file.path, noon + seconds(86'400));
  REQUIRE(second.has_value());
  CHECK(second->start() == noon);
  world again = world_of(*second);
  const instant later = noon + seconds(90'000);
  for (parcel_index p : all.list(0, 0, 100, later)) CHECK(again.history(p, later) == all.history(p, later));
}

TEST_CASE("a line that was cut off is dropped, and one that is no number is told with its file") {
  file_for_moves file;
  {
    auto log = move_log::open(file.path, noon);
    REQUIRE(log.has_value());
    log->append({noon + seconds(1), 3});
  }
  std::ofstream(file.path, std::ios::app) << "1790000002000000 4";
  {
    auto log = move_log::open(file.path, noon);
    REQUIRE(log.has_value());
    CHECK(log->moves().size() == 1);
    log->append({noon + seconds(2), 5});
  }
  auto log = move_log::open(file.path, noon);
  REQUIRE(log.has_value());
  REQUIRE(log->moves().size() == 2);
  CHECK(log->moves()[1].count == 5);
  std::ofstream(file.path, std::ios::app) << "nonsense\n";
  auto broken = move_log::open(file.path, noon);
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().detail.find(file.path) != std::string::npos);
}
