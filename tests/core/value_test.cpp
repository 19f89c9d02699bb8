// SPDX-License-Identifier: Apache-2.0
#include "core/value.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace alveus::core {
namespace {

TEST(ValueTest, KnowsItsKind) {
  const std::vector<std::pair<Value, std::string>> values = {{Value(), "null"},   {true, "boolean"}, {1, "integer"},
                                                             {1.0, "number"},     {"x", "string"},   {Array{}, "array"},
                                                             {Object{}, "object"}};
  for (const auto& [value, name] : values) EXPECT_EQ(name_of(value.kind()), name);
  EXPECT_TRUE(Value(nullptr).is_null());
  EXPECT_TRUE(Value(1).is_number());
  EXPECT_TRUE(Value(1.5).is_number());
  EXPECT_FALSE(Value(true).is_number());
}

TEST(ValueTest, GivesItsContent) {
  EXPECT_EQ(Value(7).as_integer(), 7);
  EXPECT_EQ(Value(7).as_real(), 7.0);
  EXPECT_EQ(Value(std::string_view("x")).as_string(), "x");
  EXPECT_EQ((Value(Array{1, 2}).as_array().size()), 2U);
}

TEST(ValueTest, SharesContentUntilItChanges) {
  Value first = Array{1, 2};
  const Value second = first;
  EXPECT_EQ(&first.as_array(), &second.as_array());
  first.mutable_array().push_back(3);
  EXPECT_EQ(first.as_array().size(), 3U);
  EXPECT_EQ(second.as_array().size(), 2U);

  Value object = Object{{"a", 1}};
  const Value copy = object;
  object.set("a", 2);
  EXPECT_EQ(copy.find("a")->as_integer(), 1);
  EXPECT_EQ(object.find("a")->as_integer(), 2);
}

TEST(ValueTest, CopiesOneLevelAlone) {
  Value inner = Array{1};
  Value outer = Object{{"list", inner}};
  const Value before = outer;
  outer.mutable_object().find("list")->mutable_array().push_back(2);
  EXPECT_EQ(before.find("list")->as_array().size(), 1U);
  EXPECT_EQ(inner.as_array().size(), 1U);
  EXPECT_EQ(outer.find("list")->as_array().size(), 2U);
}

TEST(ValueTest, FindsMembers) {
  const Value value = Object{{"name", "x"}, {"count", 2}};
  EXPECT_EQ(value.find("absent"), nullptr);
  EXPECT_EQ(Value(3).find("name"), nullptr);
  EXPECT_EQ(value.string_or("name", "y"), "x");
  EXPECT_EQ(value.string_or("count", "y"), "y");
  EXPECT_EQ(value.string_or("absent", "y"), "y");
}

TEST(ValueTest, BecomesAnObjectWhenAMemberIsSet) {
  Value value;
  value.set("a", 1);
  EXPECT_EQ(value, Value(Object{{"a", 1}}));
}

struct Pair {
  Value left;
  Value right;
  bool equal;
};

class ValueEqualityTest : public testing::TestWithParam<Pair> {};

TEST_P(ValueEqualityTest, ComparesContent) {
  EXPECT_EQ(GetParam().left == GetParam().right, GetParam().equal);
  EXPECT_EQ(GetParam().right == GetParam().left, GetParam().equal);
}

INSTANTIATE_TEST_SUITE_P(Pairs, ValueEqualityTest,
                         testing::Values(Pair{1, 1.0, true}, Pair{1, 2, false}, Pair{1, true, false},
                                         Pair{Value(), false, false}, Pair{"1", 1, false}, Pair{Value(), Value(), true},
                                         Pair{std::int64_t{9007199254740993}, std::int64_t{9007199254740992}, false},
                                         Pair{Array{1, "x"}, Array{1, "x"}, true},
                                         Pair{Array{1, 2}, Array{2, 1}, false},
                                         Pair{Object{{"a", 1}, {"b", 2}}, Object{{"b", 2}, {"a", 1}}, true},
                                         Pair{Object{{"a", 1}}, Object{{"a", 1}, {"b", 2}}, false},
                                         Pair{Object{{"a", 1}}, Object{{"b", 1}}, false}));

TEST(ObjectTest, KeepsTheOrderInWhichMembersWereSet) {
  Object object = {{"b", 1}, {"a", 2}, {"b", 3}};
  object.set("c", 4);
  std::string keys;
  for (const auto& [key, value] : object) keys += key;
  EXPECT_EQ(keys, "bac");
  EXPECT_EQ(object.find("b")->as_integer(), 3);
  object.erase("a");
  object.erase("absent");
  EXPECT_EQ(object.size(), 2U);
  EXPECT_FALSE(object.contains("a"));
}

TEST(ValueTest, CopiesMayChangeOnDifferentThreads) {
  const Value shared = Array{1, 2, 3};
  std::vector<Value> copies(4, shared);
  {
    std::vector<std::jthread> threads;
    for (auto& copy : copies) threads.emplace_back([&copy] { copy.mutable_array().push_back(4); });
  }
  for (const auto& copy : copies) EXPECT_EQ(copy.as_array().size(), 4U);
  EXPECT_EQ(shared.as_array().size(), 3U);
}

TEST(ValueDeathTest, StopsWhenTheKindDoesNotMatch) {
  EXPECT_DEATH(static_cast<void>(Value("x").as_integer()), "the value is no integer");
  EXPECT_DEATH(static_cast<void>(Value(1).as_string()), "the value is no string");
  EXPECT_DEATH(static_cast<void>(Value("x").as_real()), "the value is no number");
  EXPECT_DEATH(static_cast<void>(Value(1).as_bool()), "the value is no boolean");
}

}  // namespace
}  // namespace alveus::core
