// SPDX-License-Identifier: Apache-2.0
#include "core/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.hpp"

namespace alveus::core {
namespace {

struct Text {
  std::string name;
  Value value;
  std::string compact;
};

class JsonTextTest : public testing::TestWithParam<Text> {};

TEST_P(JsonTextTest, IsWrittenAndReadBack) {
  EXPECT_EQ(to_json(GetParam().value), GetParam().compact);
  const auto again = parse_json(GetParam().compact);
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(*again, GetParam().value);
  EXPECT_EQ(again->kind(), GetParam().value.kind());
}

INSTANTIATE_TEST_SUITE_P(
    Values, JsonTextTest,
    testing::Values(Text{"Null", Value(), "null"}, Text{"True", Value(true), "true"},
                    Text{"Integer", Value(std::int64_t{-9223372036854775807}), "-9223372036854775807"},
                    Text{"WholeReal", Value(2.0), "2.0"}, Text{"Real", Value(0.1), "0.1"},
                    Text{"SmallReal", Value(1e-9), "1e-09"},
                    Text{"Quotes", Value("say \"hi\"\n\t\\"), R"("say \"hi\"\n\t\\")"},
                    Text{"Unicode",
                         Value("L\xc3\xbc"
                               "cke \xe2\x82\xac"),
                         "\"L\xc3\xbc"
                         "cke \xe2\x82\xac\""},
                    Text{"Control", Value(std::string("\x01", 1)), R"("\u0001")"},
                    Text{"EmptyArray", Value(Array{}), "[]"}, Text{"EmptyObject", Value(Object{}), "{}"},
                    Text{"Nested", Object{{"b", Array{1, Value(), "x"}}, {"a", Object{{"c", false}}}},
                         R"({"b":[1,null,"x"],"a":{"c":false}})"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(JsonTest, IndentsByFourSpaces) {
  EXPECT_EQ(to_json(Object{{"a", Array{1, 2}}, {"b", Object{}}}, JsonStyle::kIndented),
            "{\n    \"a\": [\n        1,\n        2\n    ],\n    \"b\": {}\n}");
}

TEST(JsonTest, WritesNullForWhatJsonLacks) {
  EXPECT_EQ(to_json(Array{std::nan(""), std::numeric_limits<double>::infinity()}), "[null,null]");
}

TEST(JsonTest, ReplacesBytesThatAreNotUtf8) { EXPECT_EQ(to_json("a\xff"), "\"a\xef\xbf\xbd\""); }

TEST(JsonTest, ReadsNumbersAsTheyAre) {
  EXPECT_TRUE(parse_json("1")->is_integer());
  EXPECT_TRUE(parse_json("1.0")->is_real());
  EXPECT_TRUE(parse_json("1e2")->is_real());
  EXPECT_TRUE(parse_json("18446744073709551615")->is_real()) << "too large for 64 bits with a sign";
  EXPECT_EQ(parse_json(R"("\u00fc\ud83d\ude00")")->as_string(), "\xc3\xbc\xf0\x9f\x98\x80");
}

TEST(JsonTest, KeepsTheOrderOfMembersAndTheLastOfTwo) {
  EXPECT_EQ(to_json(*parse_json(R"({"z":1,"a":2,"z":3})")), R"({"z":3,"a":2})");
}

struct Broken {
  std::string name;
  std::string text;
  std::string where;
};

class BrokenJsonTest : public testing::TestWithParam<Broken> {};

TEST_P(BrokenJsonTest, IsRefusedWithItsPlace) {
  const auto value = parse_json(GetParam().text);
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(value.error().where, GetParam().where);
  EXPECT_THAT(value.error().message, testing::StartsWith("the text is no JSON: "));
}

INSTANTIATE_TEST_SUITE_P(Texts, BrokenJsonTest,
                         testing::Values(Broken{"Comma", "{\n  \"a\": 1,\n}", "3:1"},
                                         Broken{"Word", "[1, nope]", "1:6"}, Broken{"Tail", "1 2", "1:3"},
                                         Broken{"SingleQuotes", "{'a': 1}", "1:2"}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(JsonTest, NamesTheFile) {
  EXPECT_EQ(*parse_json_file("a.json", "[1]"), Value(Array{1}));
  EXPECT_EQ(parse_json_file("a.json", "[1, nope]").error().where, "a.json:1:6");
}

TEST(JsonTest, RefusesEmptyAndUnfinishedText) {
  for (const auto* text : {"", " ", "[", "{\"a\":", "\"abc", "tru"}) EXPECT_FALSE(parse_json(text).has_value()) << text;
}

TEST(JsonTest, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(512)).has_value());
  const auto deep = parse_json(nested(513));
  ASSERT_FALSE(deep.has_value());
  EXPECT_THAT(deep.error().message, testing::HasSubstr("512 levels"));
  EXPECT_FALSE(parse_json(nested(200000)).has_value());
}

/// A random value of at most `depth` levels.
Value any_value(Random& random, int depth) {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0: return {};
    case 1: return random.chance(0.5);
    case 2: return static_cast<std::int64_t>(random.next());
    case 3: return random.normal() * std::pow(10.0, random.uniform(-300, 300));
    case 4: return std::string(random.below(4), "ab\"\\\n/"[random.below(6)]);
    case 5: {
      Array items;
      for (std::uint64_t i = random.below(4); i > 0; --i) items.push_back(any_value(random, depth - 1));
      return items;
    }
    default: {
      Object members;
      for (std::uint64_t i = random.below(4); i > 0; --i) {
        members.set("k" + std::to_string(random.below(9)), any_value(random, depth - 1));
      }
      return members;
    }
  }
}

TEST(JsonTest, ReadsBackWhateverItWrites) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed, "json_test");
    const auto value = any_value(random, 4);
    for (const auto style : {JsonStyle::kCompact, JsonStyle::kIndented}) {
      const auto again = parse_json(to_json(value, style));
      ASSERT_TRUE(again.has_value()) << seed;
      EXPECT_EQ(*again, value) << seed;
      EXPECT_EQ(to_json(*again, style), to_json(value, style)) << seed;
    }
  }
}

}  // namespace
}  // namespace alveus::core
