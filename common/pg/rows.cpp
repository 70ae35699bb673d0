// Reading of libpq's results, in text or in binary form (statement::binary).
#include "common/pg/rows.hpp"

#include <cassert>
#include <charconv>
#include <libpq-fe.h>
#include <limits>

namespace suivi::pg {
namespace {

template <class Number>
Number number_of(std::string_view text) {
  Number value{};
  [[maybe_unused]] auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  assert(read.ec == std::errc() && read.ptr == text.data() + text.size());
  return value;
}

// Of a cell in binary form: the network's byte order.
std::int64_t big_endian(std::string_view cell) {
  assert(cell.size() == 1 || cell.size() == 2 || cell.size() == 4 || cell.size() == 8);
  bool negative = !cell.empty() && (static_cast<unsigned char>(cell[0]) & 0x80) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (char c : cell) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

constexpr std::chrono::sys_days postgres_epoch{std::chrono::year{2000} / 1 / 1};

int nibble(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

} // namespace

rows::rows(std::shared_ptr<pg_result> answer) : answer_(std::move(answer)) {}

std::size_t rows::size() const {
  return answer_ ? static_cast<std::size_t>(PQntuples(answer_.get())) : 0;
}

std::uint64_t rows::affected() const {
  std::string_view count = answer_ ? PQcmdTuples(answer_.get()) : "";
  return count.empty() ? 0 : number_of<std::uint64_t>(count);
}

bool rows::null(std::size_t row, std::size_t column) const {
  assert(row < size() && column < static_cast<std::size_t>(PQnfields(answer_.get())));
  return PQgetisnull(answer_.get(), static_cast<int>(row), static_cast<int>(column)) == 1;
}

std::string_view rows::text(std::size_t row, std::size_t column) const {
  [[maybe_unused]] bool is_null = null(row, column);
  assert(!is_null);
  auto r = static_cast<int>(row);
  auto c = static_cast<int>(column);
  const char* cell = PQgetvalue(answer_.get(), r, c);
  if (cell == nullptr) return {}; // not there: release builds go on with an empty cell
  return {cell, static_cast<std::size_t>(PQgetlength(answer_.get(), r, c))};
}

bool rows::binary(std::size_t column) const {
  return PQfformat(answer_.get(), static_cast<int>(column)) == 1;
}

std::int64_t rows::integer(std::size_t row, std::size_t column) const {
  if (binary(column)) return big_endian(text(row, column));
  return number_of<std::int64_t>(text(row, column));
}

bool rows::boolean(std::size_t row, std::size_t column) const {
  auto cell = text(row, column);
  if (binary(column)) return cell == std::string_view("\1", 1);
  assert(cell == "t" || cell == "f");
  return cell == "t";
}

double rows::real(std::size_t row, std::size_t column) const {
  return number_of<double>(text(row, column));
}

instant rows::timestamp(std::size_t row, std::size_t column) const {
  auto cell = text(row, column);
  if (binary(column)) {
    auto since = big_endian(cell);
    if (since == std::numeric_limits<std::int64_t>::max()) return instant::max();
    if (since == std::numeric_limits<std::int64_t>::min()) return instant::min();
    return instant(postgres_epoch.time_since_epoch() + std::chrono::microseconds(since));
  }
  if (cell == "infinity") return instant::max();
  if (cell == "-infinity") return instant::min();
  auto parsed = parse_instant(cell);
  assert(parsed.has_value());
  return parsed.value_or(instant{});
}

std::string rows::bytes(std::size_t row, std::size_t column) const {
  auto cell = text(row, column);
  assert(cell.starts_with("\\x")); // bytea_output=hex, set at connect
  std::string out;
  out.reserve(cell.size() / 2);
  for (std::size_t i = 2; i + 1 < cell.size(); i += 2)
    out += static_cast<char>(nibble(cell[i]) * 16 + nibble(cell[i + 1]));
  return out;
}

std::optional<std::string> rows::maybe_text(std::size_t row, std::size_t column) const {
  if (null(row, column)) return std::nullopt;
  return std::string(text(row, column));
}

std::optional<std::int64_t> rows::maybe_integer(std::size_t row, std::size_t column) const {
  if (null(row, column)) return std::nullopt;
  return integer(row, column);
}

std::optional<instant> rows::maybe_timestamp(std::size_t row, std::size_t column) const {
  if (null(row, column)) return std::nullopt;
  return timestamp(row, column);
}

} // namespace suivi::pg
