// A webhook sent as a form: `application/x-www-form-urlencoded`, told by its content alone. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

namespace suivi::maystro {

// Its fields as texts, where one of them is `payload` or `data` with something in it; nullopt for anything
// else.
[[nodiscard]] std::optional<boost::json::object> read_form(std::string_view text);

} // namespace suivi::maystro
