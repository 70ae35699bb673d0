// The rows a statement answered. Cheap to copy (shared); cells are views into it and live as long as any
// copy. Asking for a column that is not there, or reading NULL as a value, is a programmer's error and ends
// the process in debug builds; where NULL may come, ask null() or use the maybe_ forms.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result; // libpq's PGresult

namespace suivi::pg {

class rows {
 public:
  rows() = default;
  explicit rows(std::shared_ptr<pg_result> answer);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::uint64_t affected() const; // rows an INSERT, UPDATE, DELETE touched

  [[nodiscard]] bool null(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string_view text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t row, std::size_t column) const;
  [[nodiscard]] bool boolean(std::size_t row, std::size_t column) const;
  [[nodiscard]] double real(std::size_t row, std::size_t column) const;
  [[nodiscard]] instant timestamp(std::size_t row,
                                  std::size_t column) const; // timestamptz, or timestamp read as UTC
  [[nodiscard]] std::string bytes(std::size_t row, std::size_t column) const; // bytea

  [[nodiscard]] std::optional<std::string> maybe_text(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::optional<instant> maybe_timestamp(std::size_t row, std::size_t column) const;

 private:
  [[nodiscard]] bool binary(std::size_t column) const;

  std::shared_ptr<pg_result> answer_;
};

} // namespace suivi::pg
