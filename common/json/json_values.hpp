// Small steps between JSON and C++ values that both programs take. Pure.
#pragma once

#include "common/base/time.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace suivi {

// The value, or null where there is none.
[[nodiscard]] boost::json::value or_null(const std::optional<std::string>& text);
[[nodiscard]] boost::json::value or_null(const std::optional<instant>& time); // as format_instant() writes it
[[nodiscard]] boost::json::value or_null(const std::optional<std::int64_t>& number);

// The member of that name, or null.
[[nodiscard]] boost::json::value member(const boost::json::object& object, std::string_view name);

// The point in time that the member of that name spells; nullopt where it does not.
[[nodiscard]] std::optional<instant> instant_in(const boost::json::object& object, std::string_view name);

// The object that `text` is; an empty one where it is anything else. For JSON that PostgreSQL wrote.
[[nodiscard]] boost::json::object object_of(std::string_view text);

} // namespace suivi
