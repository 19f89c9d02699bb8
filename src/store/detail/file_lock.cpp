// SPDX-License-Identifier: Apache-2.0
#include "store/detail/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file.hpp"

namespace alveus::store::detail {

core::Result<FileLock> FileLock::take(const std::filesystem::path& file, Kind kind, Wait wait) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return core::fail(sys::system_error("open the lock", file, errno));
  FileLock lock(descriptor);
  const int operation = (kind == Kind::kShared ? LOCK_SH : LOCK_EX) | (wait == Wait::kNo ? LOCK_NB : 0);
  while (::flock(descriptor, operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) {
      return core::fail(core::ErrorCode::kUnavailable, "'" + file.string() + "' is locked by another process");
    }
    return core::fail(sys::system_error("lock", file, errno));
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace alveus::store::detail
