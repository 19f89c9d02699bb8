// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include "expr/javascript.hpp"

namespace alveus::expr {
namespace {

using core::Value;

constexpr JavascriptLimits kShort{.time = std::chrono::milliseconds(60), .memory_bytes = std::size_t{48} << 20U};
constexpr JavascriptLimits kSmall{.time = std::chrono::milliseconds(20'000), .memory_bytes = std::size_t{48} << 20U};

core::Result<Value> run_body(Javascript& javascript, const std::string& code) {
  return javascript.evaluate(code, Javascript::Form::kBody, {}, Value(core::Object{}));
}

void expect_works(Javascript& javascript) {
  const auto value = run_body(javascript, "return [1, 2, 3].map(x => x * 2);");
  ASSERT_TRUE(value) << value.error().text();
  EXPECT_EQ(value->as_array().size(), 3U);
}

class TimeLimitTest : public ::testing::TestWithParam<const char*> {};

TEST_P(TimeLimitTest, StopsAScriptThatRunsTooLong) {
  Javascript javascript(kShort);
  const auto value = run_body(javascript, GetParam());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message, "the expression ran longer than 60 ms and was stopped");
  expect_works(javascript);
}

INSTANTIATE_TEST_SUITE_P(Endless, TimeLimitTest,
                         ::testing::Values("while (true) {}", "while (true) { try { while (true) {} } catch (e) {} }",
                                           "for (;;) { try { throw 1; } catch (e) {} finally { continue; } }",
                                           "var s = 0; for (var i = 0; ; i++) s += Math.sqrt(i);",
                                           "return {toJSON() { while (true) {} }};",
                                           "throw {toString() { while (true) {} }};",
                                           "return Array.prototype.indexOf.call({length: 4e15}, 1);",
                                           "function* g() { while (true) yield 1; } return [...g()].length;"));

class MemoryLimitTest : public ::testing::TestWithParam<const char*> {};

TEST_P(MemoryLimitTest, StopsAScriptThatTakesTooMuch) {
  Javascript javascript(kSmall);
  const auto value = run_body(javascript, GetParam());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message, "the expression took more than 48 MiB of memory and was stopped");
  expect_works(javascript);
}

INSTANTIATE_TEST_SUITE_P(
    Greedy, MemoryLimitTest,
    ::testing::Values(
        "var a = []; while (true) a.push('x'.repeat(1e6) + Math.random());",
        "var a = []; while (true) { var s = 'x'.repeat(1e6) + Math.random(); s.charCodeAt(5); a.push(s); }",
        "var a = []; while (true) a.push({x: a.length});", "var a = []; while (true) a.push(new Array(1000).fill(1));",
        "var a = []; while (true) a.push(new Uint8Array(1e6));",
        "var a = []; while (true) { try { a.push(new ArrayBuffer(1e7)); } catch (e) {} }",
        "var s = 'x'; while (true) { s += s; s.charCodeAt(1); }",
        "var m = new Map(); for (var i = 0; ; i++) m.set(i, i);"));

TEST(JavascriptLimitsTest, RefusesOneHugeBuffer) {
  Javascript javascript(kSmall);
  EXPECT_FALSE(run_body(javascript, "return new ArrayBuffer(1e11).byteLength;"));
  expect_works(javascript);
  EXPECT_FALSE(run_body(javascript, "var s = 'x'; while (true) s += s;"));
  expect_works(javascript);
}

TEST(JavascriptLimitsTest, StopsARegularExpressionThatBacktracksForEver) {
  Javascript javascript(kShort);
  EXPECT_FALSE(run_body(javascript, "return /(a+)+$/.test('a'.repeat(40) + 'b');"));
  EXPECT_FALSE(run_body(javascript, "return /^(?:.?){40}a{40}$/.test('a'.repeat(39));"));
  expect_works(javascript);
}

TEST(JavascriptLimitsTest, StopsEndlessRecursion) {
  Javascript javascript(kSmall);
  const auto value = run_body(javascript, "function f() { return f() + 1; } return f();");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("too much recursion"), std::string::npos);
  expect_works(javascript);
}

TEST(JavascriptLimitsTest, CollectsWhatScriptsDropBeforeItCounts) {
  Javascript javascript(kSmall);
  const auto value =
      run_body(javascript, "var n = 0; for (var i = 0; i < 300; i++) { n += new Uint8Array(1e6).length; } return n;");
  ASSERT_TRUE(value) << value.error().text();
  EXPECT_EQ(value->as_integer(), 300'000'000);
}

TEST(JavascriptLimitsTest, ManyEvaluationsStayWithinTheLimit) {
  Javascript javascript(kSmall);
  for (int index = 0; index < 400; ++index) {
    ASSERT_TRUE(run_body(javascript, "return new Array(20000).fill(7).length;")) << index;
  }
}

}  // namespace
}  // namespace alveus::expr
