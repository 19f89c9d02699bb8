// SPDX-License-Identifier: Apache-2.0
#include "report/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace alveus::report {
namespace {

TEST(NumberTest, WritesFixedDecimalsWithATrueMinus) {
  EXPECT_EQ(fixed_text(0.125, 2), "0.12");
  EXPECT_EQ(fixed_text(-0.5, 1),
            "\xE2\x88\x92"
            "0.5");
  EXPECT_EQ(fixed_text(-0.001, 2), "0.00");
  EXPECT_EQ(fixed_text(std::nullopt, 2), kNoValue);
  EXPECT_EQ(fixed_text(std::nan(""), 2), kNoValue);
  EXPECT_EQ(fixed_text(std::numeric_limits<double>::infinity(), 2), "\xE2\x88\x9E");
  EXPECT_EQ(fixed_text(1.5e9, 2), "1.5e+09");
}

TEST(NumberTest, WritesIntervalsOnlyWhereTheyExist) {
  EXPECT_EQ(interval_text(0.93, 0.8, 0.98, 2), "0.93 (0.80 to 0.98)");
  EXPECT_EQ(interval_text(0.93, std::nullopt, 0.98, 2), "0.93");
  EXPECT_EQ(interval_text(std::nullopt, 0.8, 0.98, 2), kNoValue);
}

TEST(NumberTest, WritesPValuesAsJournalsDo) {
  EXPECT_EQ(p_text(0.0004), "<0.001");
  EXPECT_EQ(p_text(0.001), "0.001");
  EXPECT_EQ(p_text(0.0494), "0.049");
  EXPECT_EQ(p_text(0.0999), "0.10");
  EXPECT_EQ(p_text(1.0), "1.00");
  EXPECT_EQ(p_text(std::nullopt), kNoValue);
}

TEST(NumberTest, GroupsDigitsAndCountsNouns) {
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(6955906),
            "6\xE2\x80\xAF"
            "955\xE2\x80\xAF"
            "906");
  EXPECT_EQ(counted(1, "patient"), "1 patient");
  EXPECT_EQ(counted(0, "patient"), "0 patients");
}

TEST(NumberTest, WritesSettingsAsTheyWereSet) {
  EXPECT_EQ(setting_text(0.0003), "0.0003");
  EXPECT_EQ(setting_text(1e-5), "0.00001");
  EXPECT_EQ(setting_text(-1250),
            "\xE2\x88\x92"
            "1250");
  EXPECT_EQ(setting_text(0), "0");
  EXPECT_EQ(setting_text(1e-9), "1e-09");
}

TEST(NumberTest, WritesLengthsOfTimeToAboutThreeDigits) {
  using std::chrono::microseconds;
  EXPECT_EQ(elapsed_text(microseconds(0)), "0 s");
  EXPECT_EQ(elapsed_text(microseconds(400)), "<1 ms");
  EXPECT_EQ(elapsed_text(microseconds(4'000)), "4 ms");
  EXPECT_EQ(elapsed_text(microseconds(420'000)), "0.42 s");
  EXPECT_EQ(elapsed_text(microseconds(12'340'000)), "12.3 s");
  EXPECT_EQ(elapsed_text(microseconds(59'960'000)), "1 min 00 s");
  EXPECT_EQ(elapsed_text(microseconds(200'000'000)), "3 min 20 s");
  EXPECT_EQ(elapsed_text(std::chrono::minutes(125)), "2 h 05 min");
  EXPECT_EQ(elapsed_text(std::chrono::hours(76)), "3 d 4 h");
}

TEST(NumberTest, WritesBytesAndPointsInTime) {
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1'400), "1.4 kB");
  EXPECT_EQ(bytes_text(23'400'000), "23 MB");
  EXPECT_EQ(bytes_text(999'600), "1.0 MB");
  EXPECT_EQ(time_text(std::chrono::sys_time<std::chrono::microseconds>(std::chrono::seconds(1769903999))),
            "2026-01-31 23:59:59");
}

}  // namespace
}  // namespace alveus::report
