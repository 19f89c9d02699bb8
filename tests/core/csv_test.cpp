// SPDX-License-Identifier: Apache-2.0
#include "core/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"

namespace alveus::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Readable {
  std::string name;
  std::string text;
  std::vector<std::vector<std::string>> rows;
};

class CsvParseTest : public testing::TestWithParam<Readable> {};

TEST_P(CsvParseTest, ReadsTheCells) {
  const auto table = CsvTable::parse("t.csv", GetParam().text);
  ASSERT_TRUE(table.has_value()) << table.error().text();
  EXPECT_THAT(table->columns(), ElementsAre("a", "b"));
  ASSERT_EQ(table->row_count(), GetParam().rows.size());
  for (std::size_t row = 0; row < table->row_count(); ++row) EXPECT_EQ(table->row(row), GetParam().rows[row]);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, CsvParseTest,
    testing::Values(Readable{"Plain", "a,b\n1,2\n3,4\n", {{"1", "2"}, {"3", "4"}}},
                    Readable{"NoLastNewline", "a,b\n1,2", {{"1", "2"}}},
                    Readable{"CarriageReturns", "a,b\r\n1,2\r\n", {{"1", "2"}}},
                    Readable{"ByteOrderMark",
                             "\xef\xbb\xbf"
                             "a,b\n1,2\n",
                             {{"1", "2"}}},
                    Readable{"Quotes", "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", {{"x,y", "say \"hi\""}}},
                    Readable{"NewlineInACell", "a,b\n\"1\n2\",3\n", {{"1\n2", "3"}}},
                    Readable{"EmptyCells", "a,b\n,\n\"\",x\n", {{"", ""}, {"", "x"}}},
                    Readable{"BlankLines", "a,b\n\n1,2\n\n", {{"1", "2"}}},
                    Readable{"Spaces", "a,b\n 1 ,2 \n", {{" 1 ", "2 "}}}, Readable{"HeaderAlone", "a,b\n", {}}),
    [](const auto& parameter) { return parameter.param.name; });

struct Unreadable {
  std::string name;
  std::string text;
  std::string error;
};

class CsvErrorTest : public testing::TestWithParam<Unreadable> {};

TEST_P(CsvErrorTest, NamesThePlace) {
  const auto table = CsvTable::parse("t.csv", GetParam().text);
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(table.error().text(), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, CsvErrorTest,
    testing::Values(Unreadable{"Empty", "", "t.csv: the table is empty"},
                    Unreadable{"OpenHeaderQuote", "a,\"b\n", "t.csv:1: a quote in the header"},
                    Unreadable{"OpenQuote", "a,b\n1,2\n3,\"4\n", "t.csv:3: a quote is never closed"},
                    Unreadable{"TwiceAColumn", "a,b,a\n", "t.csv:1: the column 'a' stands twice"},
                    Unreadable{"ShortRow", "a,b\n\"1\n1\",2\n3\n", "t.csv:4: the row has 1 cells, the header 2"},
                    Unreadable{"LongRow", "a,b\n1,2,3\n", "t.csv:2: the row has 3 cells, the header 2"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(CsvTableTest, KnowsTheLineOfEachRow) {
  const auto table = CsvTable::parse("t.csv", "a,b\n\"1\n1\",2\n\n3,4\n");
  EXPECT_EQ(table->line_of(0), 2U);
  EXPECT_EQ(table->where(1), "t.csv:5");
}

TEST(CsvTableTest, FindsColumnsAndSuggestsThem) {
  const auto table = CsvTable::parse("t.csv", "patient_id,target\nP1,1\n");
  EXPECT_EQ(*table->column("target"), 1U);
  EXPECT_EQ(table->cell(0, "patient_id"), "P1");
  EXPECT_EQ(table->cell(0, "absent"), "");
  EXPECT_FALSE(table->find_column("absent").has_value());
  EXPECT_THAT(table->column("patient_ids").error().message, HasSubstr("did you mean 'patient_id'?"));
  EXPECT_THAT(table->column("colour").error().message, HasSubstr("it has 'patient_id' 'target'"));
}

TEST(CsvTableTest, ReadsNumbers) {
  const auto table = CsvTable::parse("t.csv", "x,y,z\n 1.5 ,-3,1e3\n2x,,0.5\n");
  EXPECT_EQ(*table->real(0, "x"), 1.5);
  EXPECT_EQ(*table->integer(0, "y"), -3);
  EXPECT_EQ(*table->real(0, "z"), 1000);
  EXPECT_EQ(table->real(1, "x").error().text(), "t.csv:3: column 'x' holds '2x', not a number");
  EXPECT_EQ(table->integer(1, "y").error().text(), "t.csv:3: column 'y' holds '', not a whole number");
  EXPECT_FALSE(table->integer(1, "z").has_value());
}

TEST(CsvTableTest, QuotesOnlyWhereNeeded) {
  CsvTable table({"a", "b"});
  table.add({"plain", "with,comma"});
  table.add({"say \"hi\"", "line\nbreak"});
  table.add({"", "\r"});
  EXPECT_EQ(table.text(), "a,b\nplain,\"with,comma\"\n\"say \"\"hi\"\"\",\"line\nbreak\"\n,\"\r\"\n");
  EXPECT_EQ(table.line_of(0), 0U);
}

TEST(CsvTableTest, ReadsBackWhateverItWrites) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed, "csv_test");
    CsvTable table({"a", "b", "c"});
    for (int row = 0; row < 8; ++row) {
      std::vector<std::string> cells(3);
      for (auto& cell : cells) {
        for (std::uint64_t i = random.below(6); i > 0; --i) cell += "ab,\"\r\n ;"[random.below(8)];
      }
      table.add(cells);
    }
    const auto again = CsvTable::parse("t.csv", table.text());
    ASSERT_TRUE(again.has_value()) << seed;
    ASSERT_EQ(again->row_count(), table.row_count()) << seed;
    for (std::size_t row = 0; row < 8; ++row) EXPECT_EQ(again->row(row), table.row(row)) << seed;
  }
}

TEST(NumberTextTest, IsTheShortestThatReadsBack) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(number_text(12), "12");
  EXPECT_EQ(number_text(1e-300), "1e-300");
  EXPECT_EQ(float_text(0.1F), "0.100000001");
  EXPECT_EQ(float_text(1), "1");
}

}  // namespace
}  // namespace alveus::core
