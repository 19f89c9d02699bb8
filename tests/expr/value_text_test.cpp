// SPDX-License-Identifier: Apache-2.0
#include "expr/value_text.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::expr {
namespace {

struct Case {
  const char* json;
  const char* text;
};

class ValueTextTest : public ::testing::TestWithParam<Case> {};

TEST_P(ValueTextTest, WritesTheValue) {
  EXPECT_EQ(value_text(core::parse_json(GetParam().json).value()), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Values, ValueTextTest,
    ::testing::Values(Case{"\"a \\\"b\\\"\"", "a \"b\""}, Case{"null", "null"}, Case{"true", "true"}, Case{"12", "12"},
                      Case{"0.00001", "0.00001"}, Case{"1.23e-05", "0.0000123"}, Case{"1.23e5", "123000"},
                      Case{"1e21", "1000000000000000000000"}, Case{"-4.2e22", "-42000000000000000000000"},
                      Case{"0.1", "0.1"}, Case{"9007199254740993", "9007199254740993"}, Case{"[]", "[]"},
                      Case{"{}", "{}"}, Case{"[1,\"a\",[null]]", "[1, \"a\", [null]]"},
                      Case{R"({"b":1,"a":{"d":"\n","c":2.50}})", R"({"a": {"c": 2.5, "d": "\n"}, "b": 1})"}));

TEST(ValueTextTest, WritesTheExtremes) {
  EXPECT_EQ(value_text(core::Value(1e308)), "1" + std::string(308, '0'));
  EXPECT_EQ(value_text(core::Value(5e-324)).substr(0, 4), "0.00");
}

}  // namespace
}  // namespace alveus::expr
