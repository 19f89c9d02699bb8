// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "document/parse.hpp"

namespace alveus::document {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

core::Value read(std::string text) {
  auto node = parse("job.json", std::move(text));
  EXPECT_TRUE(node) << node.error().text();
  return node ? node->value() : core::Value("failed");
}

std::string error_of(std::string text, const ParseLimits& limits = {}) {
  const auto node = parse("job.json", std::move(text), limits);
  EXPECT_FALSE(node);
  return node ? "" : node.error().text();
}

struct StringCase {
  std::string json;
  std::string expected;
};
class JsonStringTest : public testing::TestWithParam<StringCase> {};

TEST_P(JsonStringTest, ReadsEscapes) { EXPECT_EQ(read(GetParam().json), core::Value(GetParam().expected)); }

INSTANTIATE_TEST_SUITE_P(Escapes, JsonStringTest,
                         testing::Values(StringCase{R"("\ud83d\ude00")", "\xF0\x9F\x98\x80"},
                                         StringCase{R"("\/")", "/"},
                                         StringCase{R"("\"\\\b\f\n\r\t")", "\"\\\b\f\n\r\t"},
                                         StringCase{R"("\u00e9\u20AC")", "\xC3\xA9\xE2\x82\xAC"},
                                         StringCase{"\"\x7F\xC3\xA9\"", "\x7F\xC3\xA9"}, StringCase{R"("")", ""},
                                         StringCase{R"("\u0000")", std::string(1, '\0')}));

TEST(JsonTest, ReadsNumbers) {
  EXPECT_TRUE(read("[1]").as_array()[0].is_integer());
  EXPECT_TRUE(read("[1.0]").as_array()[0].is_real());
  EXPECT_TRUE(read("[1e2]").as_array()[0].is_real());
  EXPECT_EQ(read("[-9223372036854775808]"), core::Value(core::Array{INT64_MIN}));
  EXPECT_EQ(read("[9223372036854775808]"), core::Value(core::Array{9223372036854775808.0}));
  EXPECT_TRUE(read("[9223372036854775808]").as_array()[0].is_real());
  EXPECT_EQ(read("[-0.5E+1, 1e-400]"), core::Value(core::Array{-5.0, 0.0}));
}

TEST(JsonTest, KeepsOrderAndPositions) {
  const auto node = parse("job.json", "{\n  \"b\": [1, \"x\"],\n  \"a\": null\n}");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->members()[0].key, "b");
  EXPECT_EQ(node->members()[1].key_mark.text(), "job.json:3:3");
  EXPECT_EQ(node->find("b")->items()[1].mark().text(), "job.json:2:12");
  EXPECT_TRUE(node->find("a")->is_null());
}

TEST(JsonTest, CountsColumnsInCharacters) {
  const auto node = parse("job.json", "[\"\xC3\xA9\xC3\xA9\", 1]");
  ASSERT_TRUE(node);
  EXPECT_EQ(node->items()[1].mark().text(), "job.json:1:8");
}

TEST(JsonTest, TakesYamlThatOnlyLooksLikeJson) {
  EXPECT_EQ(read("{a: [b, 'c'], d: 1,}"), core::Value(core::Object{{"a", core::Array{"b", "c"}}, {"d", 1}}));
  EXPECT_EQ(read("\"a b\": 1\n"), core::Value(core::Object{{"a b", 1}}));
  EXPECT_EQ(read("[1, # one\n 2]"), core::Value(core::Array{1, 2}));
}

TEST(JsonTest, ReportsAKeyThatStandsTwiceWithBothPlaces) {
  EXPECT_EQ(error_of("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}"),
            "job.json:3:2: the key 'a' stands twice in this mapping; the first is at job.json:1:2\n \"a\": 3}\n ^");
}

TEST(JsonTest, ReportsTheFirstOfManyRepeatedKeysInALargeObject) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\": 0,\n";
  EXPECT_THAT(error_of(text + "\"k50\": 1,\n\"k2\": 1}"), StartsWith("job.json:101:1: the key 'k50' stands twice"));
}

struct FaultCase {
  std::string json;
  std::string error;
};
class JsonFaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(JsonFaultTest, NamesThePlace) { EXPECT_THAT(error_of(GetParam().json), StartsWith(GetParam().error)); }

INSTANTIATE_TEST_SUITE_P(Faults, JsonFaultTest,
                         testing::Values(FaultCase{"{\"a\": 1", "job.json:1:8: "}, FaultCase{"[1, 2", "job.json:1:6: "},
                                         FaultCase{"[\"\\ud83d\"]", "job.json:1:3: half of a surrogate pair"},
                                         FaultCase{"[\"\\ude00\\ud83d\"]", "job.json:1:3: half of a surrogate pair"},
                                         FaultCase{"{} {}", "job.json:1:4: "},
                                         FaultCase{"[\"\xFF\"]", "job.json:1:3: this byte"},
                                         FaultCase{std::string("[\"a\0b\"]", 7), "job.json:1:4: this byte"}));

TEST(JsonTest, LimitsDepthAndCount) {
  EXPECT_TRUE(parse("x", std::string(256, '[') + std::string(256, ']')));
  EXPECT_THAT(error_of(std::string(257, '[') + std::string(257, ']')), HasSubstr("nested deeper than 256 levels"));
  EXPECT_THAT(error_of(std::string(100000, '[')), HasSubstr("nested deeper than 256 levels"));
  EXPECT_THAT(error_of("[1, 2, 3, 4]", {.nodes_max = 4}), HasSubstr("more than 4 nodes"));
}

TEST(JsonTest, AgreesWithTheJsonWriter) {
  const core::Value value = core::Object{
      {"text", "line\n\"quoted\" \xF0\x9F\x98\x80 /"}, {"numbers", core::Array{0, -1, 0.1, 1e300}}, {"flag", false}};
  EXPECT_EQ(read(core::to_json(value)), value);
  EXPECT_EQ(read(core::to_json(value, core::JsonStyle::kIndented)), value);
}

}  // namespace
}  // namespace alveus::document
