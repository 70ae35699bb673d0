// The document itself is made into a literal by embed.cmake.
#include "receiver/api/openapi.hpp"

namespace suivi::receiver {

http::response api_described() {
  http::response answer;
  answer.lasting_body = openapi_document();
  return answer;
}

} // namespace suivi::receiver
