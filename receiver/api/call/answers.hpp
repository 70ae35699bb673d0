// What all endpoints answer by: `{success,data[,message]}`, or `{success:false,error:{message,code}}`. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/http/message/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace suivi::receiver {

[[nodiscard]] http::response answer_of(unsigned status, const boost::json::object& body);
[[nodiscard]] http::response answered(boost::json::value data, std::string_view message = {});
// 202: it was asked for, and is still to be done.
[[nodiscard]] http::response accepted(boost::json::value data, std::string_view message = {});
// 200, but what was asked for did not come about.
[[nodiscard]] http::response not_done(boost::json::value data, std::string_view message);
[[nodiscard]] http::response bad_request(const error& why);
[[nodiscard]] http::response unknown(std::string_view subject); // 404: "webhook event", "order", …
[[nodiscard]] http::response wrong_token();
// 204: what an address can be asked for.
[[nodiscard]] http::response methods_allowed(std::string_view allowed);
inline constexpr std::string_view accounts_unread = "the shop's accounts have not been read yet";
// 503, come again.
[[nodiscard]] http::response unavailable(std::string_view why);
// … when the courier may be asked again.
[[nodiscard]] http::response courier_not_now(milliseconds wait);

} // namespace suivi::receiver
