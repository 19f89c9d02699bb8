// SPDX-License-Identifier: Apache-2.0
#include "cmdline/text_table.hpp"

#include <gtest/gtest.h>

namespace alveus::cmdline {
namespace {

TEST(TextTableTest, PutsTextToTheLeftAndNumbersToTheRight) {
  TextTable table({"NAME", "COUNT", "NOTE"}, {1});
  table.add({"a", "7", "few"});
  table.add({"longer", "1000", ""});
  EXPECT_EQ(table.text(),
            "NAME    COUNT  NOTE\n"
            "a           7  few\n"
            "longer   1000\n");
}

TEST(TextTableTest, CountsCharactersNotBytes) {
  TextTable table({"PATIENT", "N"});
  table.add({"Müller", "1"});
  EXPECT_EQ(table.text("  "), "  PATIENT  N\n  Müller   1\n");
  EXPECT_EQ(columns_of("Müller"), 6U);
}

}  // namespace
}  // namespace alveus::cmdline
