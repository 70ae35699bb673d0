// A connection, or the end of the test.
#pragma once

#include "common/pg/connection.hpp"

#include <stdexcept>

namespace suivi::test {

inline task<pg::connection> connected(pg::connect_options options) {
  auto opened = co_await pg::connection::connect(options);
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  co_return std::move(*opened);
}

} // namespace suivi::test
