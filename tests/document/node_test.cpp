// SPDX-License-Identifier: Apache-2.0
#include "document/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::document {
namespace {

using testing::ElementsAre;

Mark mark_in(std::string text, std::uint32_t line, std::uint32_t column) {
  return {.source = std::make_shared<const Source>(Source{.name = "main.cwl", .text = std::move(text)}),
          .line = line,
          .column = column};
}

std::vector<std::string> context_of(const Mark& mark) {
  return error_at(mark, core::ErrorCode::kInvalidInput, "wrong").context;
}

TEST(MarkTest, NamesSourceLineAndColumn) {
  EXPECT_EQ(mark_in("a: b", 12, 9).text(), "main.cwl:12:9");
  EXPECT_EQ(mark_in("a: b", 0, 0).text(), "main.cwl");
  EXPECT_EQ(Mark{}.text(), "");
}

TEST(ErrorAtTest, ShowsTheLineAndACaretBelowTheColumn) {
  const auto error = error_at(mark_in("a: 1\nbad: x\n", 2, 6), core::ErrorCode::kInvalidInput, "'x' is no number");
  EXPECT_EQ(error.text(), "main.cwl:2:6: 'x' is no number\nbad: x\n     ^");
}

TEST(ErrorAtTest, CountsCharactersNotBytes) {
  EXPECT_THAT(context_of(mark_in("\xC3\xA9t\xC3\xA9: x", 1, 6)), ElementsAre("\xC3\xA9t\xC3\xA9: x", "     ^"));
}

TEST(ErrorAtTest, KeepsTabsBeforeTheCaretSoThatItAligns) {
  EXPECT_THAT(context_of(mark_in("\t\tx: y", 1, 3)), ElementsAre("\t\tx: y", "\t\t^"));
}

TEST(ErrorAtTest, CutsLongLinesAroundTheCaret) {
  const auto context = context_of(mark_in(std::string(500, 'a') + "!" + std::string(500, 'b'), 1, 501));
  ASSERT_EQ(context.size(), 2U);
  EXPECT_LT(context[0].size(), 200U);
  ASSERT_LT(context[1].size() - 1, context[0].size());
  EXPECT_EQ(context[0][context[1].size() - 1], '!');
}

TEST(ErrorAtTest, PointsBehindTheLastLineAtTheEndOfTheText) {
  EXPECT_THAT(context_of(mark_in("a: [\r\n", 2, 1)), ElementsAre("", "^"));
  EXPECT_THAT(context_of(mark_in("a: [\r\n", 1, 5)), ElementsAre("a: [", "    ^"));
}

TEST(NodeTest, MadeFromAValueAndBackIsTheSame) {
  const core::Value value = core::Object{{"a", core::Array{1, 2.5, "x", true, nullptr}}, {"b", core::Object{}}};
  const Node node = node_of(value, mark_in("", 3, 4));
  EXPECT_EQ(node.value(), value);
  EXPECT_EQ(node.find("a")->items()[2].mark().text(), "main.cwl:3:4");
  EXPECT_EQ(node.find("c"), nullptr);
}

TEST(NodeTest, NamesItsKind) {
  EXPECT_EQ(node_of(core::Object{}, {}).kind_name(), "mapping");
  EXPECT_EQ(node_of(core::Array{}, {}).kind_name(), "sequence");
  EXPECT_EQ(node_of("x", {}).kind_name(), "string");
  EXPECT_EQ(Node().kind_name(), "null");
}

}  // namespace
}  // namespace alveus::document
