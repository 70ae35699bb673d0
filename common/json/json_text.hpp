// JSON in and out. The one way JSON of the courier is parsed: strictly RFC 8259, but
// - integers too long for 64 bits become strings of their digits (as doubles they would lose them);
// - other numbers are the nearest double, and one that is infinite fails the document;
// - a leading byte-order mark and white space around are dropped;
// - nesting beyond 32 fails, before any recursion gets deep;
// - U+0000 in texts and names is dropped: PostgreSQL's text and jsonb refuse it;
// - half a surrogate pair (an emoji cut in two by whoever shortened the text) fails the document, or, where
// the
//   caller says so, is read as U+FFFD: a webhook can be read again later, a list must not lose a page for it.
#pragma once

#include "common/base/error.hpp"

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace suivi {

// Errors, all permanent, `detail` being a clause without content of the text: "json:empty", "json:utf8" (not
// UTF-8), "json:number" (too large), "json:depth" (nested too deep), "json:surrogate", "json:size",
// "json:syntax". Never throws. The value lies in `where`, in the heap if nobody says.
enum class half_surrogates { fail, mend };
// "json:size" beyond either: values in the whole document, members of one object. An object costs the square
// of its members where their names were chosen to collide, so there is always a limit to them.
struct json_limits {
  std::size_t values_max = SIZE_MAX;
  std::size_t members_max = 1'000;
};
// What a webhook or a request may hold at most: building more values would cost more than they are worth.
inline constexpr json_limits event_limits{20'000, 1'000};
[[nodiscard]] result<boost::json::value> parse_json(std::string_view text,
                                                    half_surrogates how = half_surrogates::fail,
                                                    json_limits within = {},
                                                    boost::json::storage_ptr where = {});

// The shortest text of `value`; other than Boost.JSON's it has numbers as people write them: 33.33,
// not 3.333E1.
[[nodiscard]] std::string write_json(const boost::json::value& value);

// Drops a UTF-8 byte-order mark and white space at both ends.
[[nodiscard]] std::string_view trimmed_text(std::string_view text);

} // namespace suivi
