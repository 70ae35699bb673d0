// Beast's inflate; the frames around it are a few lines.
#include "common/compression/inflate.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>
#include <optional>

namespace suivi {
namespace {

namespace zlib = boost::beast::zlib;

constexpr std::size_t piece_bytes = 16 * 1024;
constexpr int layers_max = 3;
constexpr std::string_view too_large = "inflate:too_large";

error malformed() {
  return permanent("inflate:malformed", "its compression cannot be undone");
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool is_gzip(std::string_view bytes) {
  return bytes.size() >= 18 && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b &&
         byte_at(bytes, 2) == 8;
}

bool is_zlib(std::string_view bytes) {
  if (bytes.size() < 6 || (byte_at(bytes, 0) & 0x0f) != 8 || (byte_at(bytes, 0) >> 4) > 7) return false;
  bool preset_dictionary = (byte_at(bytes, 1) & 0x20) != 0;
  return (byte_at(bytes, 0) * 256 + byte_at(bytes, 1)) % 31 == 0 && !preset_dictionary;
}

// Behind gzip's header; nullopt where it has no end.
std::optional<std::string_view> behind_gzip_header(std::string_view bytes) {
  constexpr unsigned has_crc = 2, has_extra = 4, has_name = 8, has_comment = 16;
  unsigned flags = byte_at(bytes, 3);
  std::size_t at = 10;
  if ((flags & has_extra) != 0) {
    if (bytes.size() < at + 2) return std::nullopt;
    at += 2 + byte_at(bytes, at) + 256 * byte_at(bytes, at + 1);
  }
  for (unsigned text : {has_name, has_comment}) {
    if ((flags & text) == 0) continue;
    std::size_t end = at < bytes.size() ? bytes.find('\0', at) : std::string_view::npos;
    if (end == std::string_view::npos) return std::nullopt;
    at = end + 1;
  }
  if ((flags & has_crc) != 0) at += 2;
  if (at >= bytes.size()) return std::nullopt;
  return bytes.substr(at);
}

// Beast's inflate looks at whole bytes and does not give back the last of them where the end needed none of
// it.
constexpr std::size_t bytes_looked_ahead = 1;

struct unpacked {
  std::string bytes;
  std::string_view rest; // behind the deflated data, or a byte later

  // The byte that may belong to it included.
  [[nodiscard]] std::string_view longer_rest() const {
    return {rest.data() - bytes_looked_ahead, rest.size() + bytes_looked_ahead};
  }
};

result<unpacked> inflate_raw(std::string_view packed, std::size_t bytes_max) {
  zlib::inflate_stream stream;
  zlib::z_params state;
  state.next_in = packed.data();
  state.avail_in = packed.size();
  unpacked out;
  std::array<char, piece_bytes> piece;
  for (;;) {
    state.next_out = piece.data();
    state.avail_out = piece.size();
    boost::system::error_code problem;
    stream.write(state, zlib::Flush::sync, problem);
    std::size_t made = piece.size() - state.avail_out;
    if (out.bytes.size() + made > bytes_max)
      return permanent(too_large, "it is too large once its compression is undone");
    out.bytes.append(piece.data(), made);
    if (problem == zlib::error::end_of_stream) break;
    if (problem || (made == 0 && state.avail_in == 0)) return malformed();
  }
  out.rest = packed.substr(packed.size() - state.avail_in);
  return out;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | byte_at(bytes, at + i);
  return number;
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | byte_at(bytes, i);
  return number;
}

std::uint32_t adler32(std::string_view bytes) {
  constexpr std::uint32_t base = 65521;
  constexpr std::size_t before_overflow = 5552;
  std::uint32_t a = 1, b = 0;
  while (!bytes.empty()) {
    std::size_t count = std::min(bytes.size(), before_overflow);
    for (char c : bytes.substr(0, count)) {
      a += static_cast<unsigned char>(c);
      b += a;
    }
    a %= base;
    b %= base;
    bytes.remove_prefix(count);
  }
  return b << 16 | a;
}

constexpr std::size_t gzip_trailer_bytes = 8;

bool is_trailer_of(std::string_view bytes, const std::string& text) {
  if (bytes.size() < gzip_trailer_bytes) return false;
  boost::crc_32_type sum;
  sum.process_bytes(text.data(), text.size());
  return little_endian(bytes, 0) == sum.checksum() &&
         little_endian(bytes, 4) == static_cast<std::uint32_t>(text.size());
}

// RFC 1952 § 2.2: several members are one text. Some senders fill up with zeros behind the last.
result<std::string> inflated_gzip(std::string_view bytes, std::size_t bytes_max) {
  constexpr int members_max = 100;
  std::string text;
  for (int members = 0; members == 0 || is_gzip(bytes); ++members) {
    if (members == members_max) return malformed();
    std::optional<std::string_view> body = behind_gzip_header(bytes);
    if (!body) return malformed();
    result<unpacked> out = inflate_raw(*body, bytes_max - text.size());
    if (!out) return out.error();
    if (is_trailer_of(out->rest, out->bytes))
      bytes = out->rest.substr(gzip_trailer_bytes);
    else if (is_trailer_of(out->longer_rest(), out->bytes))
      bytes = out->longer_rest().substr(gzip_trailer_bytes);
    else
      return malformed();
    text += out->bytes;
  }
  if (bytes.find_first_not_of('\0') != std::string_view::npos) return malformed();
  return text;
}

result<std::string> inflated_zlib(std::string_view bytes, std::size_t bytes_max) {
  constexpr std::size_t trailer_bytes = 4;
  result<unpacked> out = inflate_raw(bytes.substr(2), bytes_max);
  if (!out) return out.error();
  std::string_view sum = out->rest.size() < trailer_bytes ? out->longer_rest() : out->rest;
  if (sum.size() != trailer_bytes || big_endian(sum) != adler32(out->bytes)) return malformed();
  return std::move(out->bytes);
}

// What is behind the end decides nothing; where it does, the end is cut off.
result<std::string> inflated_unframed(std::string_view bytes, std::size_t bytes_max) {
  result<unpacked> raw = inflate_raw(bytes, bytes_max);
  if (raw && !raw->rest.empty()) return malformed();
  if (raw) return std::move(raw->bytes);
  if (raw.error().code == too_large) return raw.error();
  std::string zero(bytes), ones(bytes);
  zero.append(bytes_looked_ahead, '\0');
  ones.append(bytes_looked_ahead, '\xff');
  result<unpacked> one = inflate_raw(zero, bytes_max), other = inflate_raw(ones, bytes_max);
  if (!one || !other || !one->rest.empty() || one->bytes != other->bytes) return malformed();
  return std::move(one->bytes);
}

result<std::string> inflated_once(std::string_view bytes, std::size_t bytes_max) {
  if (is_gzip(bytes)) return inflated_gzip(bytes, bytes_max);
  if (is_zlib(bytes)) {
    result<std::string> framed = inflated_zlib(bytes, bytes_max);
    if (framed || framed.error().code == too_large) return framed;
  }
  return inflated_unframed(bytes, bytes_max);
}

} // namespace

bool looks_compressed(std::string_view bytes) {
  return is_gzip(bytes) || is_zlib(bytes);
}

result<std::string> inflated(std::string_view bytes, std::size_t bytes_max) {
  result<std::string> plain = inflated_once(bytes, bytes_max);
  for (int layers = 1; layers < layers_max && plain && looks_compressed(*plain); ++layers) {
    result<std::string> inner = inflated_once(*plain, bytes_max);
    if (!inner && inner.error().code != too_large) break; // it only looked so
    plain = std::move(inner);
  }
  return plain;
}

} // namespace suivi
