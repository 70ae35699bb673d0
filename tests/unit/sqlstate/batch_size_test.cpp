// A batch that took too long makes the next ones smaller, and every one that is taken makes them larger
// again.
#include "common/sqlstate/batch_size.hpp"

#include <doctest/doctest.h>

using namespace suivi;

TEST_CASE("a batch has half the rows of the one that took too long, at least one") {
  pg::batch_size size(500);
  CHECK(size.rows() == 500);
  size.note_too_slow(500);
  CHECK(size.rows() == 250);
  size.note_too_slow(3);
  CHECK(size.rows() == 1);
  size.note_too_slow(1);
  CHECK(size.rows() == 1);
}

TEST_CASE("batches grow again with each that is taken, up to their limit") {
  pg::batch_size size(100);
  size.note_too_slow(2);
  std::size_t before = size.rows();
  for (int taken = 0; taken < 40; ++taken) {
    size.note_taken();
    CHECK(size.rows() >= before);
    before = size.rows();
  }
  CHECK(size.rows() == 100);
}
