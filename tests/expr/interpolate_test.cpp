// SPDX-License-Identifier: Apache-2.0
#include "expr/interpolate.hpp"

#include <gtest/gtest.h>

#include <array>

#include "core/json.hpp"

namespace alveus::expr {
namespace {

using core::Value;

const char* const kVariables =
    R"({"inputs": {"n": 3, "name": "reads.fa", "list": [1, 2], "big": 9007199254740993, "yes": true, "none": null,
        "half": 0.5, "object": {"b": 1, "a": "x"}}, "self": "me", "runtime": {"cores": 2}})";

Context context_of(Javascript* javascript) {
  return {.variables = core::parse_json(kVariables).value(), .library = {}, .javascript = javascript};
}

std::string json(std::string_view text, const Context& context) {
  const auto value = evaluate(text, context);
  return value ? core::to_json(*value) : "error: " + value.error().message;
}

struct Case {
  const char* text;
  const char* expected;
};

class InterpolateTest : public ::testing::TestWithParam<Case> {};

TEST_P(InterpolateTest, YieldsTheSameWithAndWithoutJavascript) {
  Javascript javascript{{}};
  EXPECT_EQ(json(GetParam().text, context_of(nullptr)), GetParam().expected) << GetParam().text;
  EXPECT_EQ(json(GetParam().text, context_of(&javascript)), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    References, InterpolateTest,
    ::testing::Values(Case{"plain", "\"plain\""}, Case{" a\\\\b ", "\" a\\\\\\\\b \""}, Case{"$(inputs.n)", "3"},
                      Case{"  $(inputs.n)\n", "3"}, Case{"$(inputs.list)", "[1,2]"}, Case{"$(inputs.list.length)", "2"},
                      Case{"$(inputs.list[1])", "2"}, Case{"$(inputs.none)", "null"}, Case{"$(null)", "null"},
                      Case{"$(inputs.big)", "9007199254740993"}, Case{"n=$(inputs.n)", "\"n=3\""},
                      Case{"$(inputs.n)$(inputs.name)", "\"3reads.fa\""}, Case{"-$(inputs.list)", "\"-[1, 2]\""},
                      Case{"-$(inputs.none) $(inputs.yes)", "\"-null true\""}, Case{"$(inputs.half)x", "\"0.5x\""},
                      Case{"x $(inputs.object)", R"("x {\"a\": \"x\", \"b\": 1}")"},
                      Case{"\\$(inputs.n)", "\"$(inputs.n)\""}, Case{"$(inputs['name'])", "\"reads.fa\""},
                      Case{"$(self)", "\"me\""}));

class JavascriptInterpolateTest : public ::testing::TestWithParam<Case> {};

TEST_P(JavascriptInterpolateTest, NeedsJavascript) {
  Javascript javascript{{}};
  EXPECT_EQ(json(GetParam().text, context_of(&javascript)), GetParam().expected) << GetParam().text;
  EXPECT_EQ(json(GetParam().text, context_of(nullptr)).substr(0, 5), "error") << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Expressions, JavascriptInterpolateTest,
                         ::testing::Values(Case{"$(inputs.n + 1)", "4"}, Case{"${return inputs.n * 2;}", "6"},
                                           Case{"$(inputs.absent)", "null"}, Case{"$(inputs.name.length)", "8"},
                                           Case{"$(inputs.name[0])", "\"r\""}, Case{"$(1)", "1"},
                                           Case{"a$(inputs.n + 1)b${return {'k': [1]};}", R"("a4b{\"k\": [1]}")"},
                                           Case{"$({'a': ')'})", R"x({"a":")"})x"},
                                           Case{"$([inputs.n, runtime.cores])", "[3,2]"}, Case{"$( inputs.n )", "3"},
                                           Case{R"($(inputs["na\u006de"]))", "\"reads.fa\""}));

TEST(InterpolateTest, UsesTheExpressionLibrary) {
  Javascript javascript{{}};
  const std::array<std::string, 1> library = {"function twice(x) { return 2 * x; }"};
  Context context = context_of(&javascript);
  context.library = library;
  EXPECT_EQ(json("$(twice(inputs.n))", context), "6");
}

TEST(InterpolateTest, KeepsSpacesWhereTheyCount) {
  Context context = context_of(nullptr);
  context.trims = false;
  EXPECT_EQ(json("$(inputs.name)\n", context), "\"reads.fa\\n\"");
  EXPECT_EQ(json("$(inputs.name)", context), "\"reads.fa\"");
}

TEST(InterpolateTest, TreatsBackslashesAsOlderVersionsDo) {
  Context context = context_of(nullptr);
  context.escapes = false;
  EXPECT_EQ(json("\\n \\$(inputs.n) $(inputs.n)", context), "\"n $(inputs.n) 3\"");
}

TEST(InterpolateTest, NamesTheExpressionThatFailed) {
  const auto value = evaluate("x $(inputs.nam)", context_of(nullptr));
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_EQ(value.error().text(),
            "$(inputs.nam) has no value: inputs has no member 'nam'; did you mean 'name'?\n"
            "in the expression $(inputs.nam)");
}

TEST(InterpolateTest, SaysThatJavascriptMustBeAskedFor) {
  EXPECT_EQ(json("${return 1;}", context_of(nullptr)),
            "error: a JavaScript expression ${…} needs InlineJavascriptRequirement in the requirements");
  EXPECT_EQ(json("$(1 + 1)", context_of(nullptr)),
            "error: $(1 + 1) has no value: it is no parameter reference; JavaScript needs InlineJavascriptRequirement "
            "in the requirements");
}

}  // namespace
}  // namespace alveus::expr
