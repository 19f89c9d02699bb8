// SPDX-License-Identifier: Apache-2.0
#include "cwl/uri.hpp"

#include <gtest/gtest.h>

namespace alveus::cwl {
namespace {

struct Reference {
  const char* base;
  const char* reference;
  const char* resolved;
};

TEST(UriTest, ResolvesReferences) {
  const Reference references[] = {
      {"file:///a/b/main.cwl", "tool.cwl", "file:///a/b/tool.cwl"},
      {"file:///a/b/main.cwl", "../tool.cwl#x", "file:///a/tool.cwl#x"},
      {"file:///a/b/main.cwl", "./c/./d/", "file:///a/b/c/d/"},
      {"file:///a/b/main.cwl", "../../../../x", "file:///x"},
      {"file:///a/b/main.cwl#main", "#tool", "file:///a/b/main.cwl#tool"},
      {"file:///a/b/main.cwl#main", "", "file:///a/b/main.cwl"},
      {"file:///a/b/main.cwl", "/etc/x", "file:///etc/x"},
      {"http://h:80/a/b", "/c?d=/e/../f", "http://h:80/c?d=/e/../f"},
      {"http://h", "c", "http://hc"},
      {"file:///a/b", "https://h/x", "https://h/x"},
      {"file:///a/b", "x y%20z\xC3\xBC.txt", "file:///a/x%20y%20z%C3%BC.txt"},
      {"file:///a/b", "100%.txt", "file:///a/100%25.txt"},
  };
  for (const Reference& one : references) {
    EXPECT_EQ(resolve_uri(one.base, one.reference), one.resolved) << one.base << " + " << one.reference;
  }
}

TEST(UriTest, EncodesPathsWhole) {
  EXPECT_EQ(uri_of_path("file:///a/job.yml", "x#1 50%.txt"), "file:///a/x%231%2050%25.txt");
  EXPECT_EQ(uri_of_path("file:///a/job.yml", "/b/../c:d"), "file:///c%3Ad");
  EXPECT_EQ(uri_of_path("", "/b/c"), "file:///b/c");
}

TEST(UriTest, TellsSchemesFromOtherColons) {
  EXPECT_TRUE(has_scheme("https://h"));
  EXPECT_TRUE(has_scheme("_:b0"));
  EXPECT_FALSE(has_scheme("a/b:c"));
  EXPECT_FALSE(has_scheme(":x"));
  EXPECT_FALSE(has_scheme("1a:x"));
}

TEST(UriTest, TakesNamesApart) {
  EXPECT_EQ(document_of("file:///a.cwl#main/x"), "file:///a.cwl");
  EXPECT_EQ(fragment_of("file:///a.cwl#main/x"), "main/x");
  EXPECT_EQ(fragment_of("file:///a.cwl"), "");
  EXPECT_EQ(short_name("file:///a.cwl#main/x"), "x");
  EXPECT_EQ(short_name("main/x"), "x");
  EXPECT_EQ(short_name("x"), "x");
}

}  // namespace
}  // namespace alveus::cwl
