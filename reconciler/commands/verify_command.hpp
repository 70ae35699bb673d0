// The command `verify`: compares the orders table with the courier's answer and writes nothing at all,
// neither in the shop nor of Suivi's own.
#pragma once

#include "reconciler/services/services.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace suivi::reconciler {

struct verify_arguments {
  std::string account;                // empty: all
  std::optional<std::int64_t> sample; // so many random linked orders, read singly; else the whole list
  bool json = false;
};
// Exit status 0; 1 on any difference, or where the database cannot be read; 3 if not all was read.
task<int> verify_command(services& p, verify_arguments arguments);

} // namespace suivi::reconciler
