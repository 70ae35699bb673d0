// What Nord West's API answers: parcels by tracking number, each with all that happened to it. Pure.
#pragma once

#include "common/http/message/message.hpp"
#include "tests/maystro_sim/world/world.hpp"

#include <boost/json/array.hpp>

namespace suivi::sim {

// Newest first or oldest first, by the parcel and where its times allow it; keys may be missing or have
// blanks around them, and edits and fees stand between what tells where the parcel is.
[[nodiscard]] boost::json::array activity_of(const world& all, parcel_index parcel, instant as_of);

// `body`: the request's. An object keyed by tracking number without those that are unknown, `[]` where none
// is known; 422 for a body without `trackings`.
[[nodiscard]] http::response nord_west_answer(const world& all, std::size_t account, std::string_view body,
                                              instant as_of);

// The key that the body holds; empty where there is none.
struct body_key {
  std::string api_token, user_guid;
};
[[nodiscard]] body_key key_in(std::string_view body);

} // namespace suivi::sim
