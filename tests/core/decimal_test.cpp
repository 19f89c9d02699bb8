// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/json.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

namespace alveus::core {
namespace {

struct Case {
  double number;
  const char* text;
};

class DecimalTest : public ::testing::TestWithParam<Case> {};

TEST_P(DecimalTest, WritesNoExponent) { EXPECT_EQ(decimal_text(GetParam().number), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(Numbers, DecimalTest,
                         ::testing::Values(Case{0, "0"}, Case{1, "1"}, Case{-1.5, "-1.5"}, Case{0.1, "0.1"},
                                           Case{1e-5, "0.00001"}, Case{1.23e-5, "0.0000123"}, Case{123000, "123000"},
                                           Case{1e42, "1000000000000000000000000000000000000000000"},
                                           Case{-4.2e22, "-42000000000000000000000"}, Case{1234.5678, "1234.5678"}));

TEST(DecimalTest, ReadsBackTheSame) {
  Random random(3, "decimal");
  for (int round = 0; round < 2000; ++round) {
    const double number = std::ldexp(random.uniform(-1, 1), static_cast<int>(random.below(2000)) - 1000);
    EXPECT_EQ(std::strtod(decimal_text(number).c_str(), nullptr), number);
  }
  const double least = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(std::strtod(decimal_text(least).c_str(), nullptr), least);
}

TEST(JsonTest, SpellsOutWholeNumbersBeyond64Bits) {
  EXPECT_EQ(to_json(Value(1e42)), "1" + std::string(42, '0'));
  EXPECT_EQ(to_json(Value(1e300)), "1e+300");
  EXPECT_TRUE(parse_json(to_json(Value(1e42)))->is_real());
}

}  // namespace
}  // namespace alveus::core
