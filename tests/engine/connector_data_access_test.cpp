// SPDX-License-Identifier: Apache-2.0
#include "engine/connector_data_access.hpp"

#include <gtest/gtest.h>

#include "testing/fake_connector.hpp"

namespace alveus::engine {
namespace {

using core::ErrorCode;
using core::Location;

class ConnectorDataAccessTest : public ::testing::Test {
 protected:
  ConnectorDataAccessTest() {
    site_.put("/d/b.txt", "hello");
    site_.put("/d/a.txt", "x");
    site_.put("/d/sub/c", "");
  }
  testing::FakeConnector site_;
  ConnectorDataAccess access_{site_};
};

TEST_F(ConnectorDataAccessTest, TellsKindAndSize) {
  EXPECT_EQ(access_.status(Location("fake-site:///d/b.txt"))->size_bytes, 5U);
  EXPECT_EQ(access_.status(Location("fake-site:///d"))->kind, flow::EntryStatus::Kind::kDirectory);
  EXPECT_EQ(access_.status(Location("fake-site:///absent")).error().code, ErrorCode::kNotFound);
}

TEST_F(ConnectorDataAccessTest, ListsByNameWithLocations) {
  const auto entries = access_.list(Location("fake-site:///d"));
  ASSERT_EQ(entries->size(), 3U);
  EXPECT_EQ((*entries)[0].name, "a.txt");
  EXPECT_EQ((*entries)[0].location.text(), "fake-site:///d/a.txt");
  EXPECT_EQ((*entries)[2].status.kind, flow::EntryStatus::Kind::kDirectory);
}

TEST_F(ConnectorDataAccessTest, ReadsNoMoreThanTheLimit) {
  EXPECT_EQ(*access_.read(Location("fake-site:///d/b.txt"), 4), "hell");
}

TEST_F(ConnectorDataAccessTest, WritesChecksumsAsTheStandardDoes) {
  EXPECT_EQ(*access_.checksum(Location("fake-site:///d/b.txt")), "sha1$aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
}

TEST_F(ConnectorDataAccessTest, MatchesPatternsWithinTheDirectory) {
  EXPECT_EQ(access_.glob(Location("fake-site:///d"), "*.txt")->size(), 2U);
  for (const char* pattern : {"/etc/*", "../d/*", "a/../../b"}) {
    EXPECT_EQ(access_.glob(Location("fake-site:///d"), pattern).error().code, ErrorCode::kInvalidInput) << pattern;
  }
}

TEST_F(ConnectorDataAccessTest, DataOfAnotherSiteAreNotFound) {
  const Location other("file:///d/b.txt");
  EXPECT_EQ(access_.status(other).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.list(other).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.read(other, 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.checksum(other).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(access_.glob(other, "*").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace alveus::engine
