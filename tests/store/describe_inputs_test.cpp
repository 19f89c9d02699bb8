// SPDX-License-Identifier: Apache-2.0
#include "store/describe_inputs.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "core/json.hpp"
#include "store/cached_result.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using core::Object;
using core::Value;

class DescribeInputsTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const fs::path file = folder_.path() / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return "file://" + file.string();
  }
  Value file(const std::string& place, const std::string& text) {
    return Object{
        {"class", "File"}, {"location", write(place, text)}, {"basename", fs::path(place).filename().string()}};
  }
  std::string described(const Value& inputs) { return core::to_json(*describe_inputs(inputs, *checksums_)); }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("alveus-describe");
  std::unique_ptr<FileChecksums> checksums_ = *FileChecksums::open(folder_.path() / "checksums.db");
};

TEST_F(DescribeInputsTest, AFileIsItsNameAndContentWhereverItLies) {
  EXPECT_EQ(described(file("one/a.txt", "x")), described(file("two/a.txt", "x")));
  EXPECT_NE(described(file("one/a.txt", "x")), described(file("one/b.txt", "x")));
  EXPECT_NE(described(file("one/a.txt", "x")), described(file("one/a.txt", "y")));
}

TEST_F(DescribeInputsTest, ALiteralIsAFileOfThatContent) {
  const Value literal = Object{{"class", "File"}, {"basename", "a.txt"}, {"contents", "x"}};
  EXPECT_EQ(described(literal), described(file("a.txt", "x")));
}

TEST_F(DescribeInputsTest, SecondaryFilesCount) {
  Value with = file("a.bam", "x");
  with.set("secondaryFiles", core::Array{file("a.bai", "i")});
  Value other = file("a.bam", "x");
  other.set("secondaryFiles", core::Array{file("other/a.bai", "j")});
  EXPECT_NE(described(with), described(file("a.bam", "x")));
  EXPECT_NE(described(with), described(other));
}

TEST_F(DescribeInputsTest, ADirectoryIsAllThatLiesInIt) {
  write("d/x/a", "1");
  write("e/x/a", "1");
  const auto directory = [&](const char* name) {
    return Object{
        {"class", "Directory"}, {"location", "file://" + (folder_.path() / name).string()}, {"basename", "d"}};
  };
  EXPECT_EQ(described(directory("d")), described(directory("e")));
  write("e/x/b", "");
  EXPECT_NE(described(directory("d")), described(directory("e")));
  fs::remove(folder_.path() / "e/x/b");
  write("e/x/a", "2");
  EXPECT_NE(described(directory("d")), described(directory("e")));
}

TEST_F(DescribeInputsTest, OtherMembersOfAFileCount) {
  Value with_format = file("a", "x");
  with_format.set("format", "edam:1");
  EXPECT_NE(described(with_format), described(file("a", "x")));
}

TEST_F(DescribeInputsTest, DataOfAnotherMachineCannotBeDescribed) {
  const Value far = Object{{"class", "File"}, {"location", "ssh://far/a"}};
  EXPECT_EQ(describe_inputs(far, *checksums_).error().code, core::ErrorCode::kUnsupported);
}

TEST(CachedResultTest, TheOrderOfInputsDoesNotCountAndTheirValuesDo) {
  const auto key = [](Value inputs) {
    return key_of({.tool = "t", .definition = {}, .inputs = inputs, .environment = {}});
  };
  EXPECT_EQ(key(Object{{"a", 1}, {"b", 2}}), key(Object{{"b", 2}, {"a", 1}}));
  EXPECT_NE(key(Object{{"a", 1}, {"b", 2}}), key(Object{{"a", 2}, {"b", 1}}));
  EXPECT_NE(key(Object{{"a", 1}}), key(Object{{"a", "1"}}));
}

}  // namespace
}  // namespace alveus::store
