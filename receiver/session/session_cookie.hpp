// The cookie of a session: `v1.<expiry>.<random>.<HMAC-SHA256>`, under a key derived from the admin token.
// It is good at every receiver that has the same token, and dies when the token is changed. Nothing is kept
// of it until it is signed out (`ended_sessions`). Pure but for the random part of a new one.
#pragma once

#include "common/base/secret.hpp"
#include "common/base/time.hpp"
#include "common/http/message/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

inline constexpr seconds session_length{12 * 3600};

class session_cookies {
 public:
  // `token` is not empty.
  explicit session_cookies(const secret& token);

  [[nodiscard]] std::string make(instant now) const;
  // When the session ends; nullopt for a value that is not ours, was changed, or has ended.
  [[nodiscard]] std::optional<instant> verify(std::string_view value, instant now) const;

 private:
  [[nodiscard]] std::string sign(std::string_view text) const;
  secret key_;
};

// `Set-Cookie` for a new session, and to forget one. Over TLS the name is `__Host-suivi`, so that no other
// host of the domain can set it.
[[nodiscard]] std::string set_session(std::string_view value, bool encrypted);
[[nodiscard]] std::string clear_session(bool encrypted);

// The session's value among the request's cookies.
[[nodiscard]] std::optional<std::string_view> session_of(const http::header_list& headers, bool encrypted);

} // namespace suivi::receiver
