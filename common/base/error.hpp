// Errors as values: what went wrong, and what may be done about it.
//
// Every operation that can fail because of the world returns result<T>. An error is classified once, where it
// arises, into one of three kinds; callers branch on the kind or on `code`, never on `detail`.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace suivi {

enum class failure {
  transient, // the same call may succeed later: connection lost, time-out, busy, overloaded
  permanent, // the same call will fail again: bad input, missing table, refused credentials
  in_doubt,  // it may have happened: the connection was lost while a COMMIT was under way
};

struct error {
  failure kind = failure::permanent;
  std::string code;   // machine-readable: "timeout", "refused", "sqlstate:40001", "http:429", ...
  std::string detail; // for people only; holds no secret and no customer data
};

template <class T>
using result = boost::system::result<T, error>;

[[nodiscard]] error transient(std::string_view code, std::string_view detail);
[[nodiscard]] error permanent(std::string_view code, std::string_view detail);
[[nodiscard]] error in_doubt(std::string_view code, std::string_view detail);

// "code: detail", for logs and the command line.
[[nodiscard]] std::string to_string(const error& e);

// Called by result<T>::value() on an error: asking for a value that is not there is a programmer's error.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

} // namespace suivi
