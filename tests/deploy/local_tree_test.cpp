// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "deploy/detail/local_tree.hpp"

namespace alveus::deploy::detail {
namespace {

TEST(LiesWithinTest, ComparesComponentsNotLetters) {
  struct Case {
    std::string path;
    std::string directory;
    bool within;
  };
  for (const auto& [path, directory, within] : {
           Case{"/a/b", "/a/b", true},
           Case{"/a/b/c", "/a/b", true},
           Case{"/a/b/c", "/a/b/", true},
           Case{"/a/bc", "/a/b", false},
           Case{"/a", "/a/b", false},
           Case{"/a/b/../c", "/a/b", false},
           Case{"/a/b/./c", "/a/b", true},
           Case{"/x/../a/b", "/a/b", true},
           Case{"/a", "/", true},
       }) {
    EXPECT_EQ(lies_within(path, directory), within) << path << " in " << directory;
  }
}

}  // namespace
}  // namespace alveus::deploy::detail
