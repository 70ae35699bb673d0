# Writes OUTPUT: the file INPUT as one raw string literal, answered by openapi_document().
file(READ ${INPUT} TEXT)
string(LENGTH "${TEXT}" LENGTH)
if(LENGTH GREATER 65000)
  message(FATAL_ERROR "${INPUT}: longer than one string literal may be; split it")
endif()
file(WRITE ${OUTPUT} "// Made by embed.cmake from openapi.json.
#include \"receiver/api/openapi.hpp\"

namespace suivi::receiver {

std::string_view openapi_document() { return R\"openapi(${TEXT})openapi\"; }

} // namespace suivi::receiver
")
