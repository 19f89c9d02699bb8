// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "transfer/detail/names.hpp"

namespace alveus::transfer::detail {
namespace {

TEST(NumberedTest, PutsTheNumberBeforeTheExtension) {
  struct Case {
    std::string name;
    int number;
    std::string expected;
  };
  for (const auto& [name, number, expected] :
       {Case{"a.txt", 1, "a.txt"}, Case{"a.txt", 2, "a_2.txt"}, Case{"a.tar.gz", 12, "a.tar_12.gz"},
        Case{"directory", 3, "directory_3"}, Case{".profile", 2, ".profile_2"}}) {
    EXPECT_EQ(numbered(name, number), expected);
  }
}

TEST(NumberedTest, SecondaryFilesFollowTheirPrimary) {
  struct Case {
    std::string name;
    std::string expected;
  };
  for (const auto& [name, expected] :
       {Case{"a.bam.bai", "a_2.bam.bai"}, Case{"a.bai", "a_2.bai"}, Case{"a", "a_2"}, Case{"abc.bai", "abc_2.bai"},
        Case{"index", "index_2"}, Case{"a.bam", "a_2.bam"}}) {
    EXPECT_EQ(numbered_beside("a.bam", name, 2), expected);
    EXPECT_EQ(numbered_beside("a.bam", name, 1), name);
  }
}

}  // namespace
}  // namespace alveus::transfer::detail
