// What PostgreSQL's five-letter error codes mean for a caller. Pure.
// Source: appendix A of PostgreSQL's manual; never the message's words, which depend on language and version.
#pragma once

#include "common/base/error.hpp"

#include <string_view>

namespace suivi::pg {

// transient: the same statement may succeed later (lost or refused sessions, shortage, deadlock, time-out, a
// server that is read-only because it was demoted); in_doubt: the server itself does not know; everything
// else is permanent.
[[nodiscard]] failure kind_of(std::string_view sqlstate);

// The session must not be used again: the server is ending it, or it is of no more use (a demoted server).
[[nodiscard]] bool ends_session(std::string_view sqlstate);

// "sqlstate:XXXXX", classified. `message` is the server's primary message (the details below it quote rows);
// where even that may quote a value, or is worded by the shop, it is left out. The names of constraint and
// column are kept.
[[nodiscard]] error sqlstate_error(std::string_view sqlstate, std::string_view message,
                                   std::string_view constraint = {}, std::string_view column = {});

// Whether a function wrote the error's words, by the source file that PostgreSQL names: a trigger of the shop
// may put a customer into them under any SQLSTATE.
[[nodiscard]] bool is_raised_by_function(std::string_view source_file);
// … of the shop's: what it raises is that row's trouble, whatever it means elsewhere.
[[nodiscard]] error raised_error(std::string_view sqlstate);
// … of Suivi's own, by a statement that touches no table of the shop: "suivi:SV002". No trigger can raise
// these.
inline constexpr std::string_view events_taken_over = "suivi:SV001", term_passed = "suivi:SV002";
[[nodiscard]] bool is_of_suivi(std::string_view sqlstate);
[[nodiscard]] error suivi_error(std::string_view sqlstate, std::string_view message);

// The five letters in an error made by sqlstate_error(), else empty.
[[nodiscard]] std::string_view sqlstate_of(const error& e);

// A table of Suivi's has no partition for a row: its day's and the default one were dropped or detached.
inline constexpr std::string_view no_partition = "suivi:no_partition";
[[nodiscard]] bool is_missing_partition(std::string_view sqlstate, std::string_view schema,
                                        std::string_view constraint);

// A schema, table, function or partition is not there: Suivi's own were dropped, or never made, and
// migrating helps.
[[nodiscard]] bool schema_is_missing(const error& e);

} // namespace suivi::pg
