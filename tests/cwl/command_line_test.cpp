// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwl/tool_bench.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Type integer() { return type(Type::Kind::kInt); }
Type boolean() { return type(Type::Kind::kBoolean); }

/// The words that one input makes.
std::vector<std::string> words_of(const Type& of, const CommandLineBinding& binding, const std::string& value) {
  ToolBench bench;
  bench.command({"x"}).input("v", of, binding);
  std::vector<std::string> words = bench.words("{\"v\": " + value + "}");
  words.erase(words.begin());
  return words;
}

TEST(CommandLineTest, WritesValuesOfEachType) {
  EXPECT_THAT(words_of(string_type(), at(0), "\"a b\""), ElementsAre("a b"));
  EXPECT_THAT(words_of(string_type(), prefixed("-s"), "\"\""), ElementsAre("-s", ""));
  EXPECT_THAT(words_of(integer(), prefixed("-n"), "3"), ElementsAre("-n", "3"));
  EXPECT_THAT(words_of(type(Type::Kind::kDouble), at(0), "0.00001"), ElementsAre("0.00001"));
  EXPECT_THAT(words_of(type(Type::Kind::kFloat), at(0), "1.23e5"), ElementsAre("123000"));
  EXPECT_THAT(words_of(boolean(), prefixed("-b"), "true"), ElementsAre("-b"));
  EXPECT_THAT(words_of(boolean(), prefixed("-b"), "false"), IsEmpty());
  EXPECT_THAT(words_of(boolean(), at(0), "true"), IsEmpty());
  EXPECT_THAT(words_of(optional(string_type()), prefixed("-s"), "null"), IsEmpty());
}

TEST(CommandLineTest, GluesThePrefixWhereAsked) {
  CommandLineBinding binding = prefixed("--n=");
  binding.separate = false;
  EXPECT_THAT(words_of(integer(), binding, "3"), ElementsAre("--n=3"));
}

TEST(CommandLineTest, WritesAFileAsItsPath) {
  EXPECT_THAT(
      words_of(file_type(), prefixed("-i"), R"({"class": "File", "location": "file:///d/a.txt", "basename": "a.txt"})"),
      ElementsAre("-i", "/job/in/1/a.txt"));
}

TEST(CommandLineTest, WritesArrays) {
  const Type of = array_of(string_type());
  EXPECT_THAT(words_of(of, prefixed("-p"), R"(["a", "b"])"), ElementsAre("-p", "a", "b"));
  EXPECT_THAT(words_of(of, prefixed("-p"), "[]"), IsEmpty());
  CommandLineBinding joined = prefixed("-p");
  joined.item_separator = ",";
  EXPECT_THAT(words_of(of, joined, R"(["a", "b"])"), ElementsAre("-p", "a,b"));
  EXPECT_THAT(words_of(of, joined, "[]"), IsEmpty());
  joined.separate = false;
  EXPECT_THAT(words_of(of, joined, R"(["a", "b"])"), ElementsAre("-pa,b"));
  EXPECT_THAT(words_of(array_of(of), at(1), R"([["a", "b"], ["c"]])"), ElementsAre("a", "b", "c"));
}

TEST(CommandLineTest, PrefixesEachItemWhereTheTypeSaysSo) {
  Type of = array_of(string_type());
  of.binding = prefixed("-y");
  EXPECT_THAT(words_of(of, prefixed("-x"), R"(["a", "b"])"), ElementsAre("-x", "-y", "a", "-y", "b"));
}

TEST(CommandLineTest, BindsItemsOfATypeWithoutAnOuterBinding) {
  ToolBench bench;
  Type of = array_of(string_type());
  of.binding = prefixed("-y", 2);
  bench.command({"x"}).input("a", of).input("b", string_type(), at(1)).input("c", string_type(), at(3));
  EXPECT_THAT(bench.words(R"({"a": ["1", "2"], "b": "B", "c": "C"})"),
              ElementsAre("x", "B", "-y", "1", "-y", "2", "C"));
}

TEST(CommandLineTest, WritesTheFieldsOfARecord) {
  Type of = type(Type::Kind::kRecord);
  of.fields = {field("a", string_type(), prefixed("-a", 2)), field("b", optional(integer()), prefixed("-b", 1)),
               field("c", string_type())};
  EXPECT_THAT(words_of(of, prefixed("-r"), R"({"a": "x", "b": 1, "c": "unbound"})"),
              ElementsAre("-r", "-b", "1", "-a", "x"));
  EXPECT_THAT(words_of(array_of(of), at(0), R"([{"a": "x", "b": 1, "c": ""}, {"a": "y", "b": null, "c": ""}])"),
              ElementsAre("-b", "1", "-a", "x", "-a", "y"));
}

TEST(CommandLineTest, TakesTheAlternativeThatMatches) {
  Type record = type(Type::Kind::kRecord);
  record.fields = {field("a", string_type(), prefixed("-a"))};
  Type other = type(Type::Kind::kRecord);
  other.fields = {field("b", integer(), prefixed("-b"))};
  ToolBench bench;
  bench.command({"x"}).input("v", either({record, other}));
  EXPECT_THAT(bench.words(R"({"v": {"a": "1"}})"), ElementsAre("x", "-a", "1"));
  EXPECT_THAT(bench.words(R"({"v": {"b": 2}})"), ElementsAre("x", "-b", "2"));
}

TEST(CommandLineTest, WritesAnEnumWithTheBindingOfItsType) {
  Type of = type(Type::Kind::kEnum);
  of.symbols = {"homo_sapiens", "mus"};
  of.binding = prefixed("--species");
  ToolBench bench;
  bench.command({"x"}).input("v", of);
  EXPECT_THAT(bench.words(R"({"v": "mus"})"), ElementsAre("x", "--species", "mus"));
}

TEST(CommandLineTest, SortsByPositionThenArgumentsThenNames) {
  ToolBench bench;
  bench.command({"x"}).input("zebra", string_type(), at(1)).input("apple", string_type(), at(1));
  bench.input("first", string_type(), at(-5)).input("late", string_type(), at(10));
  bench.tool().arguments = {from("second"), from("with-inputs", 1), from("twelve", 12)};
  EXPECT_THAT(bench.words(R"({"zebra": "z", "apple": "a", "first": "f", "late": "l"})"),
              ElementsAre("x", "f", "second", "with-inputs", "a", "z", "l", "twelve"));
}

TEST(CommandLineTest, EvaluatesPositionsAndValues) {
  ToolBench bench;
  bench.javascript().command({"x"}).input("a", integer(), at(0)).input("b", integer());
  CommandLineBinding computed = from("$(self * 2)");
  computed.position = expression(core::Value("$(inputs.b)"));
  bench.process.inputs[0].binding = computed;
  bench.tool().arguments = {from("middle", 4), from("$(runtime.cores)", 4), from("$(null)", 4), from("$([1, 'k'])", 9)};
  EXPECT_THAT(bench.words(R"({"a": 21, "b": 3})"), ElementsAre("x", "42", "middle", "1", "1", "k"));
  EXPECT_THAT(bench.words(R"({"a": 21, "b": 5})"), ElementsAre("x", "middle", "1", "42", "1", "k"));
  EXPECT_THAT(bench.words(R"({"a": 21, "b": 0.5})")[0], HasSubstr("position must be an integer"));
}

TEST(CommandLineTest, LeavesOutWhatIsNotBound) {
  ToolBench bench;
  bench.command({"x"}).input("a", string_type());
  EXPECT_THAT(bench.words(R"({"a": "1", "extra": 2})"), ElementsAre("x"));
}

TEST(CommandLineTest, QuotesForTheShell) {
  ToolBench bench;
  bench.process.requirements.shell_command = true;
  bench.command({"echo it"}).input("a", string_type(), at(1));
  CommandLineBinding pipe = from("| tr a b", 2);
  pipe.shell_quote = false;
  bench.tool().arguments = {pipe};
  EXPECT_THAT(bench.words(R"({"a": "$(rm) it's"})"),
              ElementsAre("/bin/sh", "-c", R"('echo it' '$(rm) it'"'"'s' | tr a b)"));
}

TEST(CommandLineTest, RefusesAToolWithoutACommand) {
  ToolBench bench;
  EXPECT_THAT(bench.words("{}")[0], HasSubstr("the tool has no command"));
}

TEST(CommandLineTest, ArraysOfAnyAreWrittenItemByItem) {
  EXPECT_THAT(words_of(type(Type::Kind::kAny), prefixed("-p"), R"(["a", 2])"), ElementsAre("-p", "a", "2"));
}

}  // namespace
}  // namespace alveus::cwl
