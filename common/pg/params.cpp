// PostgreSQL's binary formats, as their receive functions read them: integers are big-endian; an array is its
// number of dimensions, whether NULLs are in it, the element's type, each dimension's length and lower bound,
// then the elements, each with a length before it (-1 is NULL).
#include "common/pg/params.hpp"

#include <algorithm>
#include <array>
#include <concepts>

namespace suivi::pg {
namespace {

// From pg_type.dat; the numbers of built-in types never change.
enum oid : unsigned {
  bool_oid = 16,
  bytea_oid = 17,
  int8_oid = 20,
  text_oid = 25,
  bool_array_oid = 1000,
  bytea_array_oid = 1001,
  text_array_oid = 1009,
  int8_array_oid = 1016,
  timestamptz_oid = 1184,
  timestamptz_array_oid = 1185,
};

template <std::integral Int>
std::array<char, sizeof(Int)> big_endian(Int value) {
  auto bits = static_cast<std::make_unsigned_t<Int>>(value);
  std::array<char, sizeof(Int)> bytes;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    bytes[i] = static_cast<char>((bits >> (8 * (sizeof(Int) - 1 - i))) & 0xff);
  return bytes;
}

template <std::integral Int>
void put(std::string& out, Int value) {
  auto bytes = big_endian(value);
  out.append(bytes.data(), bytes.size());
}

void put_value(std::string& out, std::string_view v) {
  out.append(v);
}
void put_value(std::string& out, std::int64_t v) {
  put(out, v);
}
void put_value(std::string& out, bool v) {
  out += v ? '\1' : '\0';
}

// Microseconds since 2000-01-01; the extremes stand for infinity on both sides.
void put_value(std::string& out, instant v) {
  constexpr instant epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
  bool extreme = v == instant::max() || v == instant::min();
  put(out, extreme ? v.time_since_epoch().count() : (v - epoch).count());
}

template <class T>
std::size_t bytes_of(const std::optional<T>& value) {
  if constexpr (std::convertible_to<T, std::string_view>)
    return value ? value->size() : 0;
  else
    return sizeof(std::int64_t); // at most
}

template <class T>
std::string array_of(unsigned element, const std::vector<std::optional<T>>& values) {
  std::size_t bytes = 20;
  for (const auto& v : values) bytes += sizeof(std::int32_t) + bytes_of(v);
  std::string out;
  out.reserve(bytes);
  put<std::int32_t>(out, values.empty() ? 0 : 1);
  std::size_t flag = out.size();
  put<std::int32_t>(out, 0);
  put<std::uint32_t>(out, element);
  if (values.empty()) return out;
  put<std::int32_t>(out, static_cast<std::int32_t>(values.size()));
  put<std::int32_t>(out, 1); // lower bound
  for (const auto& v : values) {
    std::size_t length_at = out.size();
    put<std::int32_t>(out, -1);
    if (!v) {
      out[flag + 3] = 1;
      continue;
    }
    put_value(out, *v);
    auto length = big_endian(static_cast<std::int32_t>(out.size() - length_at - 4));
    std::copy(length.begin(), length.end(), out.begin() + static_cast<std::ptrdiff_t>(length_at));
  }
  return out;
}

template <class T>
std::string scalar_of(const std::optional<T>& value) {
  std::string out;
  if (value) put_value(out, *value);
  return out;
}

} // namespace

params& params::text(std::optional<std::string_view> v) {
  values_.push_back({text_oid, !v, scalar_of(v)});
  return *this;
}

params& params::integer(std::optional<std::int64_t> v) {
  values_.push_back({int8_oid, !v, scalar_of(v)});
  return *this;
}

params& params::boolean(std::optional<bool> v) {
  values_.push_back({bool_oid, !v, scalar_of(v)});
  return *this;
}

params& params::bytes(std::optional<std::string_view> v) {
  values_.push_back({bytea_oid, !v, scalar_of(v)});
  return *this;
}

params& params::timestamp(std::optional<instant> v) {
  values_.push_back({timestamptz_oid, !v, scalar_of(v)});
  return *this;
}

params& params::texts(const std::vector<std::optional<std::string>>& values) {
  values_.push_back({text_array_oid, false, array_of(text_oid, values)});
  return *this;
}

params& params::lent_texts(const std::vector<std::optional<std::string_view>>& values) {
  values_.push_back({text_array_oid, false, array_of(text_oid, values)});
  return *this;
}

params& params::integers(const std::vector<std::optional<std::int64_t>>& values) {
  values_.push_back({int8_array_oid, false, array_of(int8_oid, values)});
  return *this;
}

params& params::booleans(const std::vector<std::optional<bool>>& values) {
  values_.push_back({bool_array_oid, false, array_of(bool_oid, values)});
  return *this;
}

params& params::byte_strings(const std::vector<std::optional<std::string_view>>& values) {
  values_.push_back({bytea_array_oid, false, array_of(bytea_oid, values)});
  return *this;
}

params& params::instants(const std::vector<std::optional<instant>>& values) {
  values_.push_back({timestamptz_array_oid, false, array_of(timestamptz_oid, values)});
  return *this;
}

} // namespace suivi::pg
