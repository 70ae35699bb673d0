// The values of a statement's $1, $2, … in order, with their types. Arrays are sent in PostgreSQL's binary
// form, so nothing is ever escaped; nullopt is NULL. Texts must be storable (base/utf8.hpp): no U+0000, valid
// UTF-8.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::pg {

class params {
 public:
  params& text(std::optional<std::string_view> value);  // text
  params& integer(std::optional<std::int64_t> value);   // bigint
  params& boolean(std::optional<bool> value);           // boolean
  params& bytes(std::optional<std::string_view> value); // bytea
  params& timestamp(std::optional<instant> value);      // timestamptz

  params& texts(const std::vector<std::optional<std::string>>& values);             // text[]
  params& lent_texts(const std::vector<std::optional<std::string_view>>& values);   // text[]
  params& integers(const std::vector<std::optional<std::int64_t>>& values);         // bigint[]
  params& booleans(const std::vector<std::optional<bool>>& values);                 // boolean[]
  params& byte_strings(const std::vector<std::optional<std::string_view>>& values); // bytea[]
  params& instants(const std::vector<std::optional<instant>>& values);              // timestamptz[]

  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  friend struct params_access;
  struct value {
    unsigned type = 0; // the type's OID
    bool is_null = false;
    std::string bytes; // binary form
  };
  std::vector<value> values_;
};

} // namespace suivi::pg
