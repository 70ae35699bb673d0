// The entry that libFuzzer's own main calls (preset `fuzz`).
#include "tests/fuzz/target.hpp"

#include <cstddef>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  suivi::fuzz::one_input({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
