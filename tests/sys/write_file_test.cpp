// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>

#include "sys/detail/file_calls.hpp"
#include "sys/file.hpp"

namespace alveus::sys::detail {
namespace {

namespace fs = std::filesystem;

/// Makes the n-th call fail with ENOSPC, and writes at most three bytes at once.
class FaultyCalls final : public FileCalls {
 public:
  explicit FaultyCalls(int failing_call) : left_(failing_call) {}

  int open(const char* path, int flags, unsigned mode) override { return due() ? -1 : real_.open(path, flags, mode); }
  std::ptrdiff_t write(int descriptor, const char* bytes, std::size_t count) override {
    return due() ? -1 : real_.write(descriptor, bytes, std::min<std::size_t>(count, 3));
  }
  int set_mode(int descriptor, unsigned mode) override { return due() ? -1 : real_.set_mode(descriptor, mode); }
  int flush(int descriptor) override { return due() ? -1 : real_.flush(descriptor); }
  int close(int descriptor) override {
    // As the kernel does: the descriptor is gone even where close reports a failure.
    const int result = real_.close(descriptor);
    return due() ? -1 : result;
  }
  int rename(const char* from, const char* to) override { return due() ? -1 : real_.rename(from, to); }
  int unlink(const char* path) override { return real_.unlink(path); }

  bool fired() const { return left_ <= 0; }

 private:
  bool due() {
    errno = ENOSPC;
    return --left_ == 0;
  }
  RealFileCalls real_;
  int left_;
};

TEST(WriteFileFaultTest, KeepsTheOldContentWhicheverCallFails) {
  auto directory = TemporaryDirectory::make("alveus-write-test-");
  ASSERT_TRUE(directory);
  const fs::path path = directory->path() / "state";
  ASSERT_TRUE(write_file(path, "old"));

  int failing_call = 1;
  for (;; ++failing_call) {
    ASSERT_LT(failing_call, 100);
    FaultyCalls calls(failing_call);
    const auto status = write_file_with(calls, path, "new content");
    if (!calls.fired()) {
      EXPECT_TRUE(status);
      break;
    }
    ASSERT_FALSE(status) << "call " << failing_call;
    EXPECT_EQ(status.error().code, core::ErrorCode::kUnavailable) << "call " << failing_call;
    EXPECT_EQ(read_file(path), "old") << "call " << failing_call;
    EXPECT_EQ(std::distance(fs::directory_iterator(directory->path()), {}), 1) << "call " << failing_call;
  }
  EXPECT_EQ(failing_call, 10);  // open, four writes, mode, flush, close, rename; then none fails
  EXPECT_EQ(read_file(path), "new content");
}

}  // namespace
}  // namespace alveus::sys::detail
