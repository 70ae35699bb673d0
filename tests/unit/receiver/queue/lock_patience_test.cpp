// How long a batch waits for what others hold.
#include "receiver/queue/lock_patience.hpp"

#include <doctest/doctest.h>

using namespace suivi;
using receiver::lock_patience;

TEST_CASE("who has just waited for a lock in vain waits briefly, and as usual again when that is over") {
  lock_patience patience(milliseconds(200));
  steady_time now = steady_time() + std::chrono::hours(1);
  CHECK(patience.at(now) == milliseconds(200));
  CHECK(patience.in_pieces(now, false) == milliseconds(200));
  CHECK(patience.in_pieces(now, true) == lock_patience::brief_in_pieces);
  patience.note_in_vain(now);
  CHECK(patience.at(now) == lock_patience::brief);
  CHECK(patience.in_pieces(now, false) == lock_patience::brief_in_pieces);
  CHECK(patience.at(now + lock_patience::impatience - milliseconds(1)) == lock_patience::brief);
  patience.note_in_vain(now + milliseconds(500));
  CHECK(patience.at(now + lock_patience::impatience) == lock_patience::brief);
  CHECK(patience.at(now + milliseconds(500) + lock_patience::impatience) == milliseconds(200));
}

TEST_CASE("where a lock was just waited for in vain fewer are written together") {
  lock_patience patience(milliseconds(50));
  steady_time now = steady_time() + std::chrono::hours(1);
  CHECK(patience.rows_at(now, 256) == 256);
  patience.note_in_vain(now);
  CHECK(patience.rows_at(now, 256) == lock_patience::rows_max);
  CHECK(patience.rows_at(now, 8) == 8);
  CHECK(patience.rows_at(now + lock_patience::impatience, 256) == 256);
}
