// The order in which the parts of a batch are written, and that halving reaches every row.
#include "common/sqlstate/batch_parts.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace suivi;

TEST_CASE("a batch is one part, and no rows are none") {
  CHECK(pg::batch_parts(0).empty());
  pg::batch_parts todo(5);
  CHECK(todo.take() == pg::range{0, 5});
  CHECK(todo.empty());
}

TEST_CASE("halves come from front to back, and a part that is tried again comes next") {
  pg::batch_parts todo(5);
  todo.split(todo.take());
  CHECK(todo.take() == pg::range{0, 3});
  todo.again({0, 3});
  pg::range front = todo.take();
  CHECK(front == pg::range{0, 3});
  todo.split(front);
  CHECK(todo.take() == pg::range{0, 2});
  CHECK(todo.take() == pg::range{2, 3});
  CHECK(todo.take() == pg::range{3, 5});
  CHECK(todo.empty());
}

TEST_CASE("rows that are singled out come alone, from front to back, before what is behind them") {
  pg::batch_parts todo(6);
  todo.split(todo.take());
  todo.single_out(todo.take());
  for (std::size_t row = 0; row < 3; ++row) CHECK(todo.take() == pg::range{row, row + 1});
  CHECK(todo.take() == pg::range{3, 6});
  CHECK(todo.empty());
}

TEST_CASE("one row that is refused stands alone, and every other is written once, in its order") {
  for (std::size_t rows = 1; rows <= 17; ++rows)
    for (std::size_t poison = 0; poison < rows; ++poison) {
      CAPTURE(rows);
      CAPTURE(poison);
      pg::batch_parts todo(rows);
      std::vector<std::size_t> written, alone;
      while (!todo.empty()) {
        pg::range part = todo.take();
        bool refused = part.begin <= poison && poison < part.end;
        if (refused && part.size() > 1) {
          todo.split(part);
        } else if (refused) {
          alone.push_back(part.begin);
        } else {
          for (std::size_t i = part.begin; i < part.end; ++i) written.push_back(i);
        }
      }
      std::vector<std::size_t> others;
      for (std::size_t i = 0; i < rows; ++i)
        if (i != poison) others.push_back(i);
      CHECK(written == others);
      CHECK(alone == std::vector<std::size_t>{poison});
    }
}
