// Two digests, one in the other, over the key padded to a block.
#include "common/crypto/hmac.hpp"

#include <string>

namespace suivi::crypto {
namespace {

constexpr std::size_t block_bytes = 64;

std::string_view view(const sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string masked(const std::string& block, unsigned char mask) {
  std::string out = block;
  for (char& c : out) c = static_cast<char>(static_cast<unsigned char>(c) ^ mask);
  return out;
}

} // namespace

sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string block(key);
  if (key.size() > block_bytes) {
    sha256_digest shortened = sha256(key);
    block = view(shortened);
  }
  block.resize(block_bytes, '\0');
  sha256_digest inner = sha256(masked(block, 0x36).append(bytes));
  return sha256(masked(block, 0x5C).append(view(inner)));
}

} // namespace suivi::crypto
