// What the sources of tests include beside that. Nothing includes this file by name.
#pragma once

#include "tests/precompiled/precompiled.hpp"

#include <doctest/doctest.h>

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/runtime/task.hpp"
