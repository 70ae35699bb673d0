// What the sources of tests include beside that; not doctest, for programs without its main are made of them
// too. Nothing includes this file by name.
#pragma once

#include "tests/precompiled/precompiled.hpp"

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/runtime/task.hpp"
