// The message stands before the code: people read it first, programs find the code anywhere.
#include "common/http/message/error_response.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace suivi::http {

response error_response(unsigned status, std::string_view code, std::string_view message) {
  boost::json::object error{{"message", message}, {"code", code}};
  boost::json::object body{{"success", false}, {"error", std::move(error)}};
  response answer;
  answer.status = status;
  answer.body = boost::json::serialize(body);
  return answer;
}

} // namespace suivi::http
