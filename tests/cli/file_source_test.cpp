// SPDX-License-Identifier: Apache-2.0
#include "cli/file_source.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "sys/file.hpp"

namespace alveus::cli {
namespace {

class FileSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = sys::TemporaryDirectory::make("file-source");
    ASSERT_TRUE(made);
    folder_ = std::move(*made);
  }
  std::string write(const std::string& name) {
    const auto path = folder_->path() / name;
    EXPECT_TRUE(sys::write_file(path, "class: Workflow\n"));
    return path.string();
  }
  std::optional<sys::TemporaryDirectory> folder_;
};

TEST_F(FileSourceTest, ReadsTheFileOfAUri) {
  FileSource source;
  const auto fetched = source.fetch(uri_of_argument(write("a b%.cwl")));
  ASSERT_TRUE(fetched) << fetched.error().text();
  EXPECT_EQ(fetched->text, "class: Workflow\n");
  EXPECT_TRUE(fetched->name.ends_with("a b%.cwl"));
}

TEST_F(FileSourceTest, KeepsAFragmentUnlessAFileHasThatName) {
  const std::string plain = write("main.cwl");
  EXPECT_TRUE(uri_of_argument(plain + "#tool").ends_with("/main.cwl#tool"));
  EXPECT_TRUE(uri_of_argument(write("odd#name.cwl")).ends_with("/odd%23name.cwl"));
}

TEST_F(FileSourceTest, RefusesOtherSchemesAndMissingFiles) {
  FileSource source;
  EXPECT_EQ(source.fetch("https://example.org/a.cwl").error().code, core::ErrorCode::kUnsupported);
  EXPECT_EQ(source.fetch("file:///no/such/file.cwl").error().code, core::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace alveus::cli
