// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/pure.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"
#include "expr/javascript.hpp"

namespace alveus::expr {
namespace {

class PureTest : public ::testing::TestWithParam<const char*> {};
class DoubtfulTest : public ::testing::TestWithParam<const char*> {};

TEST_P(PureTest, LeavesNothing) { EXPECT_TRUE(detail::leaves_nothing(GetParam())) << GetParam(); }
TEST_P(DoubtfulTest, MayLeaveSomething) { EXPECT_FALSE(detail::leaves_nothing(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(Codes, PureTest,
                         ::testing::Values("inputs.i * 3", " return {o: inputs.i * 3}; ", "self % 7 + inputs.i",
                                           "inputs.file.nameroot + '.bam'", "inputs['a b'][0] == \"it's\"",
                                           "inputs.size / 1024 / 1024", "(inputs.a + inputs.b) / 2", "a ? b : c",
                                           "x <= 3 && y >= 4 || z !== 5 && u === v && w != 1 && !t",
                                           "if (inputs.a) {return 1;} else {return null;}", "1 << 3 >>> 1",
                                           "[1, -2, 3.5e+1]", "'\\'' + \"\\\"\"", "typeof (inputs.x)", "inputs?.a ?? 1",
                                           "return (1)"));

INSTANTIATE_TEST_SUITE_P(Codes, DoubtfulTest,
                         ::testing::Values("f(1)", "inputs.a.map(x)", "a = 1", "a += 1", "a >>= 1", "a <<= 1",
                                           "a >>>= 1", "a ||= 1", "a++", "--a", "x => 1", "`a`", "f`a`", "new Date",
                                           "delete inputs.a", "function f() {}", "class A {}",
                                           "({get a() {return 1;}})", "({a() {}})", "({'a'() {}})", "a?.(1)", "a[0](1)",
                                           "(a)(1)", "a\n(1)", "/x/", "return /x/", "if (a) /'/; b = 1; if (a) /'/",
                                           "{} /'/; b = 1; {} /'/", "// c", "/* c */ a", "a /* b */", "\\u0061",
                                           "\xc3\xa9", "this.a", "[].constructor", "[].__proto__", "Array.prototype",
                                           "for (Array of [1]) ;", "var x = 1", "'open", "a ` b", "#a", "eval"));

/// What one evaluation does to what all scripts of a realm share, the next does not see, whichever way they are run.
TEST(JavascriptRealmTest, SimpleScriptsAndOthersDoNotSeeOneAnother) {
  Javascript javascript({});
  const auto json = [&](const char* code, const core::Value& variables) {
    const auto value = javascript.evaluate(code, Javascript::Form::kExpression, {}, variables);
    return value ? core::to_json(*value) : value.error().message;
  };
  const core::Value one = core::Object{{"inputs", core::Object{{"i", 1}}}, {"self", nullptr}};
  const core::Value two = core::Object{{"inputs", core::Object{{"i", 2}}}, {"self", 7}};
  EXPECT_EQ(json("inputs.i * 3", one), "3");
  EXPECT_EQ(json("(Object.prototype.left = 5, Array.isArray = 6, inputs.i = 9)", one), "9");
  EXPECT_EQ(json("inputs.i * 3", two), "6");
  EXPECT_EQ(json("[inputs.left, typeof Array.isArray, self]", two), R"([null,"function",7])");
  EXPECT_EQ(json("[typeof runtime, typeof left]", one), R"(["undefined","undefined"])");
  EXPECT_EQ(json("inputs.i", core::Object{{"inputs", core::Object{{"i", "x"}}}}), "\"x\"");
}

TEST(JavascriptRealmTest, ASimpleScriptThatFailsSaysWhere) {
  Javascript javascript({});
  const auto value =
      javascript.evaluate("\n inputs.a.b", Javascript::Form::kExpression, {}, core::Object{{"inputs", core::Object{}}});
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("(line 2)"), std::string::npos) << value.error().message;
}

TEST(JavascriptRealmTest, ASimpleScriptThatNeverEndsIsStopped) {
  Javascript javascript({.time = std::chrono::milliseconds(50)});
  EXPECT_FALSE(javascript.evaluate("while (true) ;", Javascript::Form::kBody, {}, core::Value(core::Object{})));
  EXPECT_EQ(javascript.evaluate("1 + 1", Javascript::Form::kExpression, {}, core::Value(core::Object{})),
            core::Value(2));
}

}  // namespace
}  // namespace alveus::expr
