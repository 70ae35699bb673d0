// The server's own refusals: every one has the shape of the operations API's, with a code in capitals.
#include "common/http/server/error_responses.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <exception>
#include <stdexcept>
#include <string>

using namespace suivi::http;

namespace {

void check_shape(const response& refused) {
  CAPTURE(refused.body);
  CHECK(refused.body.starts_with(R"({"success":false,"error":{"message":")"));
  std::size_t at = refused.body.find(R"("code":")");
  REQUIRE(at != std::string::npos);
  std::string code = refused.body.substr(at + 8, refused.body.find('"', at + 8) - at - 8);
  CHECK_FALSE(code.empty());
  CHECK(std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }));
}

} // namespace

TEST_CASE("a request that is refused unread, and one whose handler failed, are told a code in capitals") {
  for (step reason : {step::malformed, step::head_too_large, step::body_too_large, step::unknown_coding})
    check_shape(refusal_of(reason));
  check_shape(after_exception(std::make_exception_ptr(std::runtime_error("unexpected"))));
}
