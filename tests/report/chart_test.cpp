// SPDX-License-Identifier: Apache-2.0
#include "report/chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> ticks(double low, double high, int count) {
  const auto values = round_ticks(low, high, count);
  return tick_texts(values);
}

TEST(TicksTest, AreRoundNumbersInsideTheRange) {
  EXPECT_THAT(ticks(0, 1, 5), ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
  EXPECT_THAT(ticks(0.6, 1, 5), ElementsAre("0.6", "0.7", "0.8", "0.9", "1.0"));
  EXPECT_THAT(ticks(1, 12, 5), ElementsAre("5", "10"));
  EXPECT_THAT(ticks(0, 0.034, 4), ElementsAre("0.00", "0.01", "0.02", "0.03"));
  EXPECT_THAT(ticks(0, 3400, 4), ElementsAre("0", "1000", "2000", "3000"));
  EXPECT_THAT(ticks(2, 2, 4), ElementsAre("2"));
}

TEST(ScaleTest, MapsBothEndsAndAnEmptyRangeToTheMiddle) {
  const Scale upwards{.low = 0, .high = 2, .from = 100, .to = 0};
  EXPECT_DOUBLE_EQ(upwards(0), 100);
  EXPECT_DOUBLE_EQ(upwards(0.5), 75);
  EXPECT_DOUBLE_EQ((Scale{.low = 1, .high = 1, .from = 0, .to = 10}(1)), 5);
}

TEST(CoordinateTest, HasAtMostTwoDecimalsAndNoMinusZero) {
  EXPECT_EQ(coordinate(1.0), "1");
  EXPECT_EQ(coordinate(1.255), "1.25");
  EXPECT_EQ(coordinate(-0.001), "0");
}

TEST(DrawingTest, IsReadOutByItsTitleAndEscapesWords) {
  Drawing drawing(100, 50);
  drawing.text({1, 2}, TextAnchor::kEnd, "tick", "</svg><script>");
  const std::string svg = drawing.finish("A & B").html();
  EXPECT_THAT(svg, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 100 50\""));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
}

TEST(DrawingTest, StandsAloneAsAFile) {
  Drawing drawing(100, 50);
  drawing.line({0, 0}, {1, 1}, "axis");
  const std::string file = drawing.file("A & B", ".axis { stroke: black }");
  EXPECT_THAT(file, testing::StartsWith(
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(file, HasSubstr("<style>.axis { stroke: black }</style>"));
  EXPECT_THAT(file, HasSubstr("<title>A &amp; B</title>"));
}

TEST(DrawingTest, DrawsNoPathOfOnePoint) {
  Drawing drawing(10, 10);
  const std::vector<Point> one = {{1, 1}};
  drawing.path(one, "curve");
  EXPECT_THAT(drawing.finish("x").html(), Not(HasSubstr("polyline")));
}

}  // namespace
}  // namespace alveus::report
