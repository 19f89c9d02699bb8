// SPDX-License-Identifier: Apache-2.0
#include "store/file_checksums.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/hash.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;

class FileChecksumsTest : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& text) {
    const fs::path file = folder_.path() / name;
    std::ofstream(file) << text;
    return file;
  }
  static std::string sha256(const std::string& text) { return core::hash_text(core::HashKind::kSha256, text); }
  std::unique_ptr<FileChecksums> open() { return *FileChecksums::open(folder_.path() / "checksums.db"); }

  /// Reads the file until its last change lies so far back that its checksum is remembered.
  static void settle(FileChecksums& checksums, const fs::path& file) {
    while (checksums.remembered_count() == 0) ASSERT_TRUE(checksums.of(file));
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("alveus-checksums");
};

TEST_F(FileChecksumsTest, TellsTheContent) {
  const auto checksums = open();
  EXPECT_EQ(checksums->of(write("a", "hello\n")), (FileChecksum{.sha256 = sha256("hello\n"), .size_bytes = 6}));
  EXPECT_EQ(checksums->of(write("empty", "")), (FileChecksum{.sha256 = sha256(""), .size_bytes = 0}));
}

TEST_F(FileChecksumsTest, ReadsAnUnchangedFileOnce) {
  const auto file = write("a", "hello");
  const auto checksums = open();
  settle(*checksums, file);
  const std::size_t read_count = checksums->read_count();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(checksums->of(file)->sha256, sha256("hello"));
  EXPECT_EQ(checksums->read_count(), read_count);
}

TEST_F(FileChecksumsTest, RemembersAcrossRuns) {
  const auto file = write("a", "hello");
  settle(*open(), file);
  const auto later = open();
  EXPECT_EQ(later->of(file)->sha256, sha256("hello"));
  EXPECT_EQ(later->read_count(), 0U);
}

TEST_F(FileChecksumsTest, NoticesAChangeWhateverTheTimesSay) {
  const auto file = write("a", "hello");
  const auto checksums = open();
  settle(*checksums, file);
  const auto time = fs::last_write_time(file);
  write("a", "HELLO");
  fs::last_write_time(file, time);
  EXPECT_EQ(checksums->of(file)->sha256, sha256("HELLO"));
}

TEST_F(FileChecksumsTest, IsNeverWrongHoweverFastAFileChanges) {
  const auto checksums = open();
  const fs::path file = folder_.path() / "a";
  for (int i = 0; i < 3000; ++i) {
    const std::string text = std::to_string(1000 + i);  // all of one length
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::pwrite(descriptor, text.data(), text.size(), 0), 4);
    ::close(descriptor);
    ASSERT_EQ(checksums->of(file)->sha256, sha256(text)) << i;
  }
}

TEST_F(FileChecksumsTest, NoticesAFileThatTookTheNameOfAnother) {
  const auto file = write("a", "hello");
  const auto checksums = open();
  settle(*checksums, file);
  fs::rename(write("b", "HELLO"), file);
  EXPECT_EQ(checksums->of(file)->sha256, sha256("HELLO"));
}

TEST_F(FileChecksumsTest, ADamagedDatabaseIsMadeAnew) {
  write("checksums.db", "this is no database, whatever its name says; it is only text of some length\n");
  const auto file = write("a", "hello");
  EXPECT_EQ(open()->of(file)->sha256, sha256("hello"));
}

TEST_F(FileChecksumsTest, ForgetsFilesThatAreGone) {
  const auto file = write("a", "hello");
  const auto checksums = open();
  settle(*checksums, file);
  EXPECT_EQ(checksums->prune(), 0U);
  fs::remove(file);
  EXPECT_EQ(checksums->prune(), 1U);
}

TEST_F(FileChecksumsTest, SaysWhatIsNoFile) {
  const auto checksums = open();
  EXPECT_EQ(checksums->of(folder_.path() / "none").error().code, core::ErrorCode::kNotFound);
  EXPECT_EQ(checksums->of(folder_.path()).error().code, core::ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace alveus::store
