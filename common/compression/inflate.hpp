// Compressed bytes undone: gzip (RFC 1952), zlib's format and raw deflate (RFC 1950, 1951), told apart by
// their own first bytes, and one within the other up to three times (`Content-Encoding: gzip, gzip`). Pure;
// any input; no layer is made longer than the bound.
#pragma once

#include "common/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace suivi {

// By the first bytes: gzip, or zlib's format. Of plain text it is false.
[[nodiscard]] bool looks_compressed(std::string_view bytes);

// permanent "inflate:too_large" where the result, or a layer around it, would be longer than `bytes_max`,
// "inflate:malformed" where it is none of the three, is cut off, or has a wrong check sum.
[[nodiscard]] result<std::string> inflated(std::string_view bytes, std::size_t bytes_max);

} // namespace suivi
