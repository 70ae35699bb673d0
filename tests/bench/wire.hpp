// What every client of the benches needs of a socket: a connection to this machine, and where an answer ends.
#pragma once

#include <cstddef>
#include <string_view>

namespace suivi::bench {

[[noreturn]] void fail(const char* operation); // throws std::system_error of errno

// Blocking, without delay of small writes. Throws std::system_error.
int connect_to(unsigned short port);

// Where the answer in `in` ends; 0 while it is not whole.
std::size_t answer_end(std::string_view in);

} // namespace suivi::bench
