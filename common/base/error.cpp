// Makes errors and prints them.
#include "common/base/error.hpp"

#include <fmt/format.h>
#include <stdexcept>

namespace suivi {

error transient(std::string_view code, std::string_view detail) {
  return {failure::transient, std::string(code), std::string(detail)};
}

error permanent(std::string_view code, std::string_view detail) {
  return {failure::permanent, std::string(code), std::string(detail)};
}

error in_doubt(std::string_view code, std::string_view detail) {
  return {failure::in_doubt, std::string(code), std::string(detail)};
}

std::string to_string(const error& e) {
  return fmt::format("{}: {}", e.code, e.detail);
}

void throw_exception_from_error(const error& e, const boost::source_location& where) {
  throw std::logic_error(
      fmt::format("unchecked error at {}:{}: {}", where.file_name(), where.line(), to_string(e)));
}

} // namespace suivi
