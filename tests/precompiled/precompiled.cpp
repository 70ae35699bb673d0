// Owns the precompiled form of precompiled.hpp.
#include "tests/precompiled/precompiled.hpp"
