// Answers of the receiver held against its own description of them (receiver/api/openapi.json).
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace suivi::test {

// What is wrong with the answer by the description; empty: nothing, or the description does not speak of that
// method at that path. `path`: with or without query.
[[nodiscard]] std::string differs_from_description(std::string_view method, std::string_view path,
                                                   unsigned status, std::string_view content_type,
                                                   std::string_view body);

// The same of a request and an answer's head as they were on the wire.
[[nodiscard]] std::string differs_from_description(std::string_view request, unsigned status,
                                                   std::string_view head, std::string_view body);

// The document, for tests that look at it.
[[nodiscard]] const boost::json::value& api_document();

} // namespace suivi::test
