// SPDX-License-Identifier: Apache-2.0
#include "expr/javascript.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "core/json.hpp"

namespace alveus::expr {
namespace {

using core::Value;

class JavascriptTest : public ::testing::Test {
 protected:
  core::Result<Value> run(const std::string& code, const Value& variables = Value(core::Object{})) {
    return javascript_.evaluate(code, Javascript::Form::kExpression, {}, variables);
  }
  core::Result<Value> run_body(const std::string& code) {
    return javascript_.evaluate(code, Javascript::Form::kBody, {}, Value(core::Object{}));
  }
  /// The value as JSON, or the error's text.
  std::string json(const std::string& code, const Value& variables = Value(core::Object{})) {
    const auto value = run(code, variables);
    return value ? core::to_json(*value) : value.error().text();
  }

  Javascript javascript_{{}};
};

Value parsed(std::string_view text) { return core::parse_json(text).value(); }

struct Case {
  const char* code;
  const char* json;
};

class JavascriptValueTest : public JavascriptTest, public ::testing::WithParamInterface<Case> {};

TEST_P(JavascriptValueTest, Evaluates) { EXPECT_EQ(json(GetParam().code), GetParam().json) << GetParam().code; }

INSTANTIATE_TEST_SUITE_P(
    Results, JavascriptValueTest,
    ::testing::Values(Case{"undefined", "null"}, Case{"null", "null"}, Case{"true", "true"}, Case{"1 + 1", "2"},
                      Case{"0.1 + 0.2", "0.30000000000000004"}, Case{"3.0", "3"}, Case{"-0", "0"},
                      Case{"Math.pow(2, 53)", "9007199254740992"}, Case{"1e21", "1000000000000000000000"},
                      Case{"0/0", "null"}, Case{"1/0", "null"}, Case{"'a' + 1", "\"a1\""}, Case{"'\\0'", "\"\\u0000\""},
                      Case{"'\\u00e9\\ud83d\\ude00'", "\"\u00e9\U0001F600\""}, Case{"'\\ud83d'", "\"\uFFFD\""},
                      Case{"['\\ud83d', '\\\\ud83d']", "[\"\uFFFD\",\"\\\\ud83d\"]"},
                      Case{"[1, undefined, function() {}]", "[1,null,null]"},
                      Case{"({a: undefined, b: {c: [1.5]}})", R"({"b":{"c":[1.5]}})"},
                      Case{"new Date(0)", "\"1970-01-01T00:00:00.000Z\""}, Case{"({toJSON() { return 7; }})", "7"},
                      Case{"1 // the end", "1"}));

INSTANTIATE_TEST_SUITE_P(Es2020, JavascriptValueTest,
                         ::testing::Values(Case{"({a: {b: 1}}).a?.b ?? 5", "1"}, Case{"({}).a?.b ?? 5", "5"},
                                           Case{"[[1, 2], [3]].flat().map(x => x ** 2)", "[1,4,9]"},
                                           Case{"Number(2n ** 40n)", "1099511627776"},
                                           Case{"[...'a1b2'.matchAll(/[0-9]/g)].map(m => m[0])", "[\"1\",\"2\"]"},
                                           Case{"(({a, ...rest}) => rest)({a: 1, b: 2})", R"({"b":2})"},
                                           Case{"`x${[1, 2].includes(2)}`", "\"xtrue\""},
                                           Case{"Object.fromEntries([['k', 1]])", R"({"k":1})"},
                                           Case{"typeof globalThis", "\"object\""},
                                           Case{"'2020-10'.replace(/(?<y>\\d+)-/, '$<y>/')", "\"2020/10\""},
                                           Case{"typeof Promise.allSettled", "\"function\""},
                                           Case{"'\\u00df'.toUpperCase()", "\"SS\""}));

INSTANTIATE_TEST_SUITE_P(
    NothingOfTheHost, JavascriptValueTest,
    ::testing::Values(Case{"typeof require", "\"undefined\""}, Case{"typeof process", "\"undefined\""},
                      Case{"typeof print", "\"undefined\""}, Case{"typeof setTimeout", "\"undefined\""},
                      Case{"typeof WebAssembly", "\"undefined\""}, Case{"typeof SharedArrayBuffer", "\"undefined\""}));

TEST_F(JavascriptTest, SeesEachMemberOfTheVariablesAsAGlobal) {
  const Value variables = parsed(R"({"inputs": {"i": 41, "names": ["x", "é"], "none": null}, "self": 2.5})");
  EXPECT_EQ(json("inputs.i + 1", variables), "42");
  EXPECT_EQ(json("[inputs, self]", variables), R"([{"i":41,"names":["x","é"],"none":null},2.5])");
  EXPECT_EQ(json("Object.keys(globalThis).sort()", variables), R"(["inputs","self"])");
  EXPECT_EQ(json("Object.prototype.toString.call(inputs)", variables), "\"[object Object]\"");
}

TEST_F(JavascriptTest, KeepsTheOrderOfMembersAndTakesAnyKey) {
  const Value variables = parsed(R"({"v": {"z": 1, "a": 2, "__proto__": 3, "10": 4}})");
  EXPECT_EQ(json("v", variables), R"({"10":4,"z":1,"a":2,"__proto__":3})");
}

TEST_F(JavascriptTest, RunsAFunctionBody) {
  EXPECT_EQ(core::to_json(*run_body("var sum = 0;\nfor (var i = 0; i < 4; i++) sum += i;\nreturn sum;")), "6");
  EXPECT_TRUE(run_body("")->is_null());
}

TEST_F(JavascriptTest, RunsTheLibraryFirst) {
  const std::array<std::string, 2> library = {"var base = 40; const two = 2;", "function add() { return base + two; }"};
  const auto value = javascript_.evaluate("add()", Javascript::Form::kExpression, library, Value(core::Object{}));
  EXPECT_EQ(value->as_integer(), 42);
}

TEST_F(JavascriptTest, LeavesNothingBehindForTheNextEvaluation) {
  ASSERT_TRUE(
      run_body("globalThis.leak = 1; String.prototype.leak = 2; Array = null; inputs_leak = 3;").error().text().size() >
      0);
  ASSERT_TRUE(run_body("globalThis.leak = 1; String.prototype.leak = 2; Array = null; JSON.parse = null;"));
  EXPECT_EQ(json("[typeof leak, typeof ''.leak, typeof Array, typeof JSON.parse]"),
            R"(["undefined","undefined","function","function"])");
  const Value variables = parsed(R"({"inputs": {"a": [1]}})");
  ASSERT_TRUE(run("inputs.a.push(2)", variables));
  EXPECT_EQ(json("inputs", variables), R"({"a":[1]})");
}

TEST_F(JavascriptTest, RunsInStrictMode) {
  EXPECT_EQ(json("(function() { return this === undefined; })()"), "true");
  EXPECT_NE(json("(undeclared = 1)").find("ReferenceError"), std::string::npos);
}

TEST_F(JavascriptTest, PointsAtTheLineThatThrew) {
  const auto value = run_body("var a = 1;\n  return a.b.c;\n");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_EQ(value.error().text(),
            "the expression failed: TypeError: a.b is undefined (line 2)\n"
            "  return a.b.c;\n"
            "  ^");
}

TEST_F(JavascriptTest, PointsAtASyntaxError) {
  const auto value = run("1 +* 2");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().text(),
            "the expression failed: SyntaxError: expected expression, got '*' (line 1)\n"
            "1 +* 2\n"
            "   ^");
}

TEST_F(JavascriptTest, NamesTheLibraryThatFailed) {
  const std::array<std::string, 2> library = {"var x = 1;", "var y = x;\nfail();"};
  const auto value = javascript_.evaluate("x", Javascript::Form::kExpression, library, Value(core::Object{}));
  EXPECT_EQ(value.error().text(),
            "the expression failed: ReferenceError: fail is not defined (expressionLib[1] line 2)\n"
            "fail();\n"
            "^");
}

TEST_F(JavascriptTest, ReportsWhatIsThrown) {
  EXPECT_NE(run_body("throw 'no luck';").error().message.find("no luck"), std::string::npos);
  EXPECT_NE(run_body("throw new RangeError('far');").error().message.find("RangeError: far"), std::string::npos);
  EXPECT_NE(run_body("throw {toString() { throw 1; }};").error().message.find("the expression failed"),
            std::string::npos);
}

TEST_F(JavascriptTest, RefusesResultsThatAreNoJson) {
  for (const char* code : {"function() {}", "Symbol('s')", "10n"}) {
    EXPECT_EQ(run(code).error().code, core::ErrorCode::kInvalidInput) << code;
  }
  EXPECT_NE(json("(function() { var a = []; a.push(a); return a; })()").find("cyclic"), std::string::npos);
  EXPECT_NE(json("[10n]").find("BigInt"), std::string::npos);
}

TEST_F(JavascriptTest, SurvivesPromises) {
  EXPECT_EQ(json("(Promise.resolve(1).then(x => { throw x; }), 5)"), "5");
  EXPECT_EQ(json("(async () => 1)()"), "{}");
}

TEST_F(JavascriptTest, ServesSeveralThreads) {
  std::vector<std::jthread> threads;
  std::array<std::int64_t, 4> sums{};
  for (std::size_t thread = 0; thread < sums.size(); ++thread) {
    threads.emplace_back([this, thread, &sums] {
      for (int index = 0; index < 50; ++index) {
        const Value variables(core::Object{{"i", Value(index)}, {"t", Value(static_cast<std::int64_t>(thread))}});
        sums[thread] += run("i + 1000 * t", variables)->as_integer();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(sums, (std::array<std::int64_t, 4>{1225, 51225, 101225, 151225}));
}

TEST_F(JavascriptTest, TwoEnginesLiveSideBySide) {
  Javascript other{{}};
  EXPECT_EQ(json("1"), "1");
  EXPECT_EQ(other.evaluate("2", Javascript::Form::kExpression, {}, Value(core::Object{}))->as_integer(), 2);
}

}  // namespace
}  // namespace alveus::expr
