// SPDX-License-Identifier: Apache-2.0
#include "sys/copy_file.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace alveus::sys {
namespace {

/// 0, or an errno. By reading and writing, for file systems that know nothing better.
int copy_by_reading(int from, int to) {
  std::array<char, std::size_t{1} << 16U> piece{};
  while (true) {
    const ssize_t count = ::read(from, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return 0;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(to, piece.data() + done, static_cast<std::size_t>(count - done));
      if (written < 0 && errno != EINTR) return errno;
      if (written > 0) done += written;
    }
  }
}

}  // namespace

bool share_blocks(int from, int to) { return ::ioctl(to, FICLONE, from) == 0; }

int copy_bytes(int from, int to) {
  if (share_blocks(from, to)) return 0;
  constexpr std::size_t kAtOnceBytes = std::size_t{1} << 30U;
  bool has_copied = false;
  while (true) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, kAtOnceBytes, 0);
    if (count > 0) {
      has_copied = true;
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    const bool is_unable = count < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP);
    // Files of /proc report no size and copy as nothing: reading settles it.
    if (!has_copied && (count == 0 || is_unable)) return copy_by_reading(from, to);
    return count == 0 ? 0 : errno;
  }
}

}  // namespace alveus::sys
