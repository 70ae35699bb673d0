// Lets doctest print result<T> in CHECK(result): its error, or that it holds a value.
#pragma once

#include "common/base/error.hpp"

#include <doctest/doctest.h>

template <class T>
struct doctest::StringMaker<boost::system::result<T, suivi::error>> {
  static doctest::String convert(const boost::system::result<T, suivi::error>& r) {
    return r ? "a value" : suivi::to_string(r.error()).c_str();
  }
};
