// SPDX-License-Identifier: Apache-2.0
#include "report/crate_archive.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "sys/file.hpp"

namespace alveus::report {
namespace {

namespace fs = std::filesystem;

/// What Python makes of the archives stands in tests/integration/crate_test.py.
class CrateArchiveTest : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) const {
    const fs::path file = folder_.path() / name;
    ASSERT_TRUE(sys::make_directories(file.parent_path()));
    ASSERT_TRUE(sys::write_file(file, text));
  }
  std::string read(const std::string& name) const {
    return sys::read_file(folder_.path() / name, 1 << 20).value_or("nothing can be read");
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("crate-archive-test");
  fs::path crate_ = folder_.path() / "crate";
  fs::path archive_ = folder_.path() / "crate.zip";
};

TEST_F(CrateArchiveTest, TheOrderAndTheTimesOfTheFilesDoNotShow) {
  put("crate/b.txt", "second");
  put("crate/a/ä.txt", "first");
  put("other/a/ä.txt", "first");
  put("other/b.txt", "second");
  fs::last_write_time(folder_.path() / "other/b.txt", fs::file_time_type::clock::now() - std::chrono::hours(24 * 365));
  ASSERT_TRUE(pack_crate(crate_, archive_));
  ASSERT_TRUE(pack_crate(folder_.path() / "other", folder_.path() / "other.zip"));
  EXPECT_EQ(read("crate.zip"), read("other.zip"));
  EXPECT_TRUE(read("crate.zip").starts_with("PK\x03\x04"));
}

TEST_F(CrateArchiveTest, WhatStandsThereStays) {
  put("crate/a", "a");
  put("crate.zip", "precious");
  const auto packed = pack_crate(crate_, archive_);
  ASSERT_FALSE(packed);
  EXPECT_EQ(packed.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_EQ(read("crate.zip"), "precious");
}

TEST_F(CrateArchiveTest, AFailureLeavesNoArchive) {
  EXPECT_EQ(pack_crate(crate_, archive_).error().code, core::ErrorCode::kNotFound) << "there is no such folder";
  put("crate/a", "a");
  fs::create_symlink("nowhere", crate_ / "broken");
  const auto packed = pack_crate(crate_, archive_);
  ASSERT_FALSE(packed);
  EXPECT_NE(packed.error().message.find("crate"), std::string::npos) << packed.error().message;
  EXPECT_FALSE(fs::exists(archive_));
  EXPECT_FALSE(pack_crate(crate_, folder_.path() / "no" / "such" / "folder.zip"));
}

}  // namespace
}  // namespace alveus::report
