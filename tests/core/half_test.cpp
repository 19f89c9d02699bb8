// SPDX-License-Identifier: Apache-2.0
#include "core/half.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace alveus::core {
namespace {

// What the bits of IEEE 754 binary16 stand for.
double number_of(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> 10U;
  const double fraction = (bits & 0x3ffU) / 1024.0;
  return exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, static_cast<int>(exponent) - 15);
}

constexpr std::uint32_t kOne = 0x3c00;

TEST(HalfTest, EachStandsForItsNumberAndComesBack) {
  for (std::uint32_t bits = 0; bits <= kOne; ++bits) {
    const auto half = static_cast<Half>(bits);
    ASSERT_EQ(static_cast<double>(to_float(half)), number_of(bits)) << bits;
    ASSERT_EQ(to_half(to_float(half)), half) << bits;
  }
}

TEST(HalfTest, RoundsToTheNearestAndFromTheMiddleToTheEvenOne) {
  for (std::uint32_t bits = 0; bits < kOne; ++bits) {
    const auto middle = static_cast<float>((number_of(bits) + number_of(bits + 1)) / 2);
    const auto even = static_cast<Half>(bits + (bits & 1U));
    ASSERT_EQ(to_half(middle), even) << bits;
    ASSERT_EQ(to_half(std::nextafter(middle, 0.0F)), static_cast<Half>(bits)) << bits;
    ASSERT_EQ(to_half(std::nextafter(middle, 1.0F)), static_cast<Half>(bits + 1)) << bits;
  }
}

}  // namespace
}  // namespace alveus::core
