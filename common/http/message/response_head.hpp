// An answer's head as text.
#pragma once

#include "common/base/time.hpp"
#include "common/http/message/message.hpp"

namespace suivi::http {

struct answer_terms {
  bool http_1_1 = true;
  bool keep_alive = true;
};

// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 § 5.6.7).
[[nodiscard]] std::string format_http_date(instant t);

// Whether a header's value holds no control character.
[[nodiscard]] bool can_be_value(std::string_view text);
// Whether every header name is a token and no value holds a control character, so that none can forge a line.
[[nodiscard]] bool can_be_sent(const header_list& headers);

// Appends the head, its empty line included. Content-Length is the body's size (absent where RFC 9110 forbids
// it, 1xx and 204, and for 304, which would have to tell another answer's); a streamed body is chunked, or to
// HTTP/1.0 ends with the connection.
void append_answer_head(std::string& out, const response& answer, const answer_terms& terms,
                        std::string_view date);

} // namespace suivi::http
