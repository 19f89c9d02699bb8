// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/json.hpp"
#include "document/parse.hpp"

namespace alveus::document {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// The document as compact JSON.
std::string read(std::string text) {
  const auto node = parse("main.cwl", std::move(text));
  return node ? core::to_json(node->value()) : node.error().text();
}

std::string error_of(std::string text, const ParseLimits& limits = {}) {
  const auto node = parse("main.cwl", std::move(text), limits);
  EXPECT_FALSE(node) << "no error, but " << core::to_json(node->value());
  return node ? "" : node.error().text();
}

struct Case {
  std::string yaml;
  std::string json;
};
class YamlTest : public testing::TestWithParam<Case> {};

TEST_P(YamlTest, Reads) { EXPECT_EQ(read(GetParam().yaml), GetParam().json); }

INSTANTIATE_TEST_SUITE_P(
    CoreSchema, YamlTest,
    testing::Values(Case{"[null, Null, NULL, ~, '~', nULL]", R"([null,null,null,null,"~","nULL"])"},
                    Case{"[true, True, TRUE, false, yes, no, on, off, y, n]",
                         R"([true,true,true,false,"yes","no","on","off","y","n"])"},
                    Case{"[0, -1, +2, 007, 0x1F, 0o17, 0b1, 1_000, 12:30:45]",
                         R"([0,-1,2,7,31,15,"0b1","1_000","12:30:45"])"},
                    Case{"[1.0, .5, 1., -1e3, 1e+3, 1.5E-2, 1e, ., -, +]",
                         R"([1.0,0.5,1.0,-1000.0,1000.0,0.015,"1e",".","-","+"])"},
                    Case{"[9223372036854775807, 9223372036854775808, 0xFFFFFFFFFFFFFFFF]",
                         "[9223372036854775807,9223372036854776000,18446744073709552000]"},
                    Case{"['1', \"true\", '']", R"(["1","true",""])"},
                    Case{"[2020-01-01, 0x, 0o8, -0x1]", R"(["2020-01-01","0x","0o8","-0x1"])"},
                    Case{"[!!str 1, !!int '7', !!float 1, !!null '', ! 5]", R"(["1",7,1.0,null,"5"])"}));

INSTANTIATE_TEST_SUITE_P(
    Structure, YamlTest,
    testing::Values(
        Case{"", "null"}, Case{"# only a comment\n", "null"}, Case{"---\n", "null"},
        Case{"plain text", R"("plain text")"},
        Case{"\xEF\xBB\xBF"
             "a: 1",
             R"({"a":1})"},
        Case{"a:\nb: \nc: ~\n", R"({"a":null,"b":null,"c":null})"},
        Case{"b: 1\na:\n- x\n- y: 2\n  z: 3\n", R"({"b":1,"a":["x",{"y":2,"z":3}]})"},
        Case{"1: a\ntrue: b\nnull: c\n~: d\n", R"({"1":"a","true":"b","null":"c","~":"d"})"},
        Case{"a: |\n  one\n  two\nb: >-\n  one\n  two\n", R"({"a":"one\ntwo\n","b":"one two"})"},
        Case{"a: \"x\\u00e9\\/\\x41\"\r\nb: 'it''s'\r\n", "{\"a\":\"x\xC3\xA9/A\",\"b\":\"it's\"}"},
        Case{"a: {b: [1, 2], c: }\n", R"({"a":{"b":[1,2],"c":null}})"},
        Case{"valueFrom: $(inputs.a)\ncode: ${return 1;}\n", R"j({"valueFrom":"$(inputs.a)","code":"${return 1;}"})j"},
        Case{"a: \"\\ud83d\\ude00 \\uD83D\\uDE00\"\nb: \"\\ud83d\\ude00\"\nc: '\\ud83d\\ude00'\n",
             "{\"a\":\"\xF0\x9F\x98\x80 \xF0\x9F\x98\x80\",\"b\":\"\xF0\x9F\x98\x80\",\"c\":\"\\\\ud83d\\\\ude00\"}"},
        Case{"{a: int?, b?: [x?, 'y?', \"z?\"], ? c : what? no?}\n# why?\n",
             R"({"a":"int?","b?":["x?","y?","z?"],"c":"what? no?"})"},
        Case{"a?: |\n  is it? yes\n? b\n: c? \n", R"({"a?":"is it? yes\n","b":"c?"})"},
        Case{"%YAML 1.2\n---\na: 1\n...\n", R"({"a":1})"}));

INSTANTIATE_TEST_SUITE_P(
    AnchorsAndMerges, YamlTest,
    testing::Values(Case{"a: &x [1, {b: 2}]\nc: *x\n", R"({"a":[1,{"b":2}],"c":[1,{"b":2}]})"},
                    Case{"- &k key\n- {*k : 1}\n", R"(["key",{"key":1}])"}, Case{"- &n\n- *n\n", "[null,null]"},
                    Case{"- &a {x: 1, y: 1}\n- {y: 2, <<: *a, z: 3}\n", R"([{"x":1,"y":1},{"y":2,"z":3,"x":1}])"},
                    Case{"- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]\n",
                         R"([{"x":1},{"x":2,"y":2},{"x":1,"y":2}])"},
                    Case{"'<<': 1\n", R"({"<<":1})"}, Case{"- &a 1\n- &a 2\n- *a\n", "[1,2,2]"}));

struct FaultCase {
  std::string yaml;
  std::string error;
};
class YamlFaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(YamlFaultTest, NamesPlaceAndFact) { EXPECT_THAT(error_of(GetParam().yaml), StartsWith(GetParam().error)); }

INSTANTIATE_TEST_SUITE_P(
    Faults, YamlFaultTest,
    testing::Values(FaultCase{"a: b: c\n", "main.cwl:1:5: a ':' may not stand here"},
                    FaultCase{"a: 1\nb: 2\na: 3\n",
                              "main.cwl:3:1: the key 'a' stands twice in this mapping; the first is at main.cwl:1:1"},
                    FaultCase{"a: [1, 2\nb: 3\n", "main.cwl:"},
                    FaultCase{"a: 'open\n", "main.cwl:1:4: this quote is not closed"},
                    FaultCase{"a: &x !!str 'open\n", "main.cwl:1:13: this quote is not closed"},
                    FaultCase{"a: \"open\\\"", "main.cwl:1:11: the text ends inside quotes"},
                    FaultCase{"a: \"\\ud83d\"", "main.cwl:1:5: half of a surrogate pair"},
                    FaultCase{"a: \"\\ud83d\\ude00\": b", "main.cwl:1:18: a ':' may not"},
                    FaultCase{"a: 1\n---\nb: 2\n", "main.cwl:2:1: a second document"},
                    FaultCase{"? [a]\n: b\n", "main.cwl:1:3: a mapping key must be a string"},
                    FaultCase{"? {a: b}\n: c\n", "main.cwl:1:3: a mapping key must be a string"},
                    FaultCase{"a: *nowhere\n", "main.cwl:1:4: this alias names an anchor"},
                    FaultCase{"a: &a [*a]\n", "main.cwl:1:8: this alias stands inside the node it names"},
                    FaultCase{"a: !thing 1\n", "main.cwl:1:4: the tag '!thing' is not known here"},
                    FaultCase{"a: !!int x\n", "main.cwl:1:4: 'x' does not fit its tag '!!int'"},
                    FaultCase{"<<: 3\n", "main.cwl:1:1: the merge key '<<' takes a mapping"},
                    FaultCase{"- &a {}\n- <<: *a\n  <<: *a\n", "main.cwl:3:3: the key '<<' stands twice"},
                    FaultCase{"a:\n  - 1\n - 2\n", "main.cwl:3:2: "},
                    FaultCase{"a:\n\tb: 1\n", "main.cwl:2:1: a tab in the indent"},
                    FaultCase{"a:\n  b: 1\n\tc: 2\n", "main.cwl:3:1: a tab in the indent"},
                    FaultCase{"a: @x\n", "main.cwl:1:4: "}, FaultCase{"a: \x04\n", "main.cwl:1:4: this byte"}));

TEST(YamlPositionTest, PointsAtEachNode) {
  const auto node =
      parse("main.cwl", "steps:\n  \xC3\xA9tape: {run: tool.cwl, in: [a, b]}\n  two:\n    - |\n      x\n");
  ASSERT_TRUE(node) << node.error().text();
  const Node& steps = *node->find("steps");
  EXPECT_EQ(steps.mark().text(), "main.cwl:2:3");
  EXPECT_EQ(steps.members()[0].key_mark.text(), "main.cwl:2:3");
  EXPECT_EQ(steps.members()[0].value.find("run")->mark().text(), "main.cwl:2:16");
  EXPECT_EQ(steps.members()[0].value.find("in")->items()[1].mark().text(), "main.cwl:2:34");
  EXPECT_EQ(steps.find("two")->items()[0].mark().text(), "main.cwl:4:7");
}

TEST(YamlPositionTest, PointsAtTheAnchoredNodeForAnAlias) {
  const auto node = parse("main.cwl", "a: &x 1\nb: *x\n");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->find("b")->mark().line, 1U);
}

TEST(YamlPositionTest, CountsCarriageReturnsAsPartOfTheLineEnd) {
  const auto node = parse("main.cwl", "a: 1\r\n\r\nb: 2\r\n");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->find("b")->mark().text(), "main.cwl:3:4");
}

TEST(YamlPositionTest, CountsSurrogatePairsAsTheyAreWritten) {
  const auto node = parse("main.cwl", "a: [\"\\ud83d\\ude00\", x]\nb: y\n");
  ASSERT_TRUE(node) << node.error().text();
  EXPECT_EQ(node->find("a")->items()[1].mark().text(), "main.cwl:1:21");
  EXPECT_EQ(node->find("b")->mark().text(), "main.cwl:2:4");
}

TEST(YamlLimitTest, StopsABillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += previous + (j < 9 ? ", " : "]\n");
  }
  EXPECT_THAT(error_of(text), HasSubstr("more than 20000000 nodes once aliases are expanded"));
}

TEST(YamlLimitTest, CountsDepthThroughAliases) {
  std::string text = "- &a0 [x]\n";
  for (int i = 1; i < 300; ++i) text += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_THAT(error_of(text), HasSubstr("nested deeper than 256 levels"));
}

TEST(YamlLimitTest, LimitsPlainDepth) {
  const auto nested = [](std::size_t depth) { return "a: " + std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse("main.cwl", nested(255)));
  EXPECT_THAT(error_of(nested(256)), HasSubstr("nested deeper than 256 levels"));
  EXPECT_THAT(error_of(nested(50'000)), HasSubstr("nested deeper than 256 levels"));
  EXPECT_THAT(error_of("a: " + std::string(50'000, '[')), StartsWith("main.cwl:1:"));
  std::string dashes;
  for (int i = 0; i < 300; ++i) dashes += "- ";
  EXPECT_THAT(error_of(dashes + "x"), HasSubstr("nested deeper than 256 levels"));
}

}  // namespace
}  // namespace alveus::document
