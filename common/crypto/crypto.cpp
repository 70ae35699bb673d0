// Digests and comparison through EVP; base64 by one table, because EVP's decoder knows one alphabet only and
// guesses at padding. Whatever OpenSSL or the kernel may refuse here (no memory, no entropy) leaves nothing
// sensible to do: throws.
#include "common/crypto/crypto.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdexcept>
#include <unistd.h>

namespace suivi::crypto {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of each byte in either alphabet, -1 for all others.
constexpr std::array<std::int8_t, 256> values = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  table[static_cast<unsigned char>('-')] = 62;
  table[static_cast<unsigned char>('_')] = 63;
  return table;
}();

// Of the first to the fourth of four characters: its bits where they belong among the three bytes, or
// no_value.
constexpr std::uint32_t no_value = 1U << 31;
constexpr auto values_of_four = [] {
  std::array<std::array<std::uint32_t, 256>, 4> tables{};
  for (std::size_t place = 0; place < 4; ++place)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[place][byte] =
          values[byte] < 0 ? no_value : static_cast<std::uint32_t>(values[byte]) << (18 - 6 * place);
  return tables;
}();

constexpr bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

} // namespace

// OpenSSL looks an algorithm up anew for whoever names it by EVP_sha256(), which takes longer than to digest
// a webhook.
sha256_digest sha256(std::string_view bytes) {
  struct release {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static const std::unique_ptr<EVP_MD, release> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, release> context(EVP_MD_CTX_new());
  sha256_digest digest;
  if (!algorithm || !context || EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  return digest;
}

sha256_digest hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t block_bytes = 64;
  std::string padded(key);
  if (padded.size() > block_bytes) {
    sha256_digest shorter = sha256(padded);
    padded.assign(shorter.begin(), shorter.end());
  }
  padded.resize(block_bytes, '\0');
  std::string inner, outer;
  for (char c : padded) {
    inner += static_cast<char>(c ^ 0x36);
    outer += static_cast<char>(c ^ 0x5c);
  }
  sha256_digest digest = sha256(inner + std::string(message));
  return sha256(outer + std::string(digest.begin(), digest.end()));
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  bool as_long = a.size() == b.size();
  const char* other = as_long ? b.data() : a.data(); // so that no time tells how long `b` is
  bool same = CRYPTO_memcmp(a.data(), other, a.size()) == 0;
  return as_long && same;
}

std::optional<std::string> base64_decode(std::string_view text) {
  text = trimmed(text);
  std::size_t padding = 0;
  while (!text.empty() && padding < 2 && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
    while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  }
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t end = 0;
  std::size_t characters = 0;
  auto value_at = [&](std::size_t place) {
    return values_of_four[place][static_cast<unsigned char>(text[characters + place])];
  };
  for (; characters + 4 <= text.size(); characters += 4) { // up to the first that is none, a line's end say
    std::uint32_t three = value_at(0) | value_at(1) | value_at(2) | value_at(3);
    if ((three & no_value) != 0) break;
    bytes[end++] = static_cast<char>(three >> 16);
    bytes[end++] = static_cast<char>(three >> 8 & 0xFF);
    bytes[end++] = static_cast<char>(three & 0xFF);
  }
  std::uint32_t bits = 0;
  for (char c : text.substr(characters)) {
    if (c == '\r' || c == '\n') continue;
    std::int8_t value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++characters % 4 != 0) continue;
    bytes[end++] = static_cast<char>(bits >> 16 & 0xFF);
    bytes[end++] = static_cast<char>(bits >> 8 & 0xFF);
    bytes[end++] = static_cast<char>(bits & 0xFF);
    bits = 0;
  }
  std::size_t left = characters % 4;
  if (left == 1 || (padding > 0 && left + padding != 4)) return std::nullopt;
  if (left >= 2) bytes[end++] = static_cast<char>((left == 2 ? bits >> 4 : bits >> 10) & 0xFF);
  if (left == 3) bytes[end++] = static_cast<char>(bits >> 2 & 0xFF);
  bytes.resize(end);
  return bytes;
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < here ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= here ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t at = 0; at < count; at += 256) // getentropy's own limit for one call
    if (getentropy(bytes.data() + at, std::min<std::size_t>(256, count - at)) != 0)
      throw std::runtime_error("the operating system gives no random bytes");
  return bytes;
}

} // namespace suivi::crypto
