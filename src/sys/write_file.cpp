// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

#include "sys/detail/file_calls.hpp"
#include "sys/file.hpp"

namespace alveus::sys {
namespace detail {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kModeOfNewFiles = 0666;  // less the umask
constexpr unsigned kModeBits = 07777;
constexpr int kNameAttemptsMax = 1000;

/// What stands at the target before it is replaced.
struct Target {
  fs::path path;                 ///< links followed
  std::optional<unsigned> mode;  ///< of an existing regular file
  bool is_special = false;       ///< a device or a pipe
};

Target look_at(const fs::path& path) {
  Target target{.path = path, .mode = std::nullopt, .is_special = false};
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return target;
  if (!S_ISREG(status.st_mode)) {
    target.is_special = !S_ISDIR(status.st_mode);
    return target;
  }
  target.mode = status.st_mode & kModeBits;
  std::error_code ignored;
  if (fs::is_symlink(path, ignored)) {
    if (auto resolved = fs::canonical(path, ignored); !ignored) target.path = std::move(resolved);
  }
  return target;
}

using Pieces = std::span<const std::string_view>;

/// 0, or the errno of the write that failed.
int write_all(FileCalls& calls, int descriptor, Pieces pieces) {
  for (std::string_view rest : pieces) {
    while (!rest.empty()) {
      const std::ptrdiff_t count = calls.write(descriptor, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  return 0;
}

core::Status write_in_place(FileCalls& calls, const fs::path& path, Pieces pieces) {
  const int descriptor = calls.open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
  if (descriptor < 0) return core::fail(system_error("cannot open", path, errno));
  const int write_error = write_all(calls, descriptor, pieces);
  const int close_error = calls.close(descriptor) == 0 ? 0 : errno;
  if (write_error != 0) return core::fail(system_error("cannot write", path, write_error));
  if (close_error != 0) return core::fail(system_error("cannot write", path, close_error));
  return {};
}

/// The name of the neighbour does not contain the target's, which may already be as long as names get.
fs::path neighbour_of(const fs::path& path) {
  static std::atomic<unsigned> next_number{0};
  return path.parent_path() / (".alveus-" + std::to_string(::getpid()) + "-" + std::to_string(next_number++));
}

/// 0, or the errno of the step that failed.
int fill(FileCalls& calls, int descriptor, const Target& target, Pieces pieces) {
  int failure = write_all(calls, descriptor, pieces);
  if (failure == 0 && target.mode && calls.set_mode(descriptor, *target.mode) != 0) failure = errno;
  if (failure == 0 && calls.flush(descriptor) != 0) failure = errno;
  if (calls.close(descriptor) != 0 && failure == 0) failure = errno;
  return failure;
}

}  // namespace

int RealFileCalls::open(const char* path, int flags, unsigned mode) { return ::open(path, flags, mode); }
std::ptrdiff_t RealFileCalls::write(int descriptor, const char* bytes, std::size_t count) {
  return ::write(descriptor, bytes, count);
}
int RealFileCalls::set_mode(int descriptor, unsigned mode) { return ::fchmod(descriptor, mode); }
int RealFileCalls::flush(int descriptor) { return ::fsync(descriptor); }
int RealFileCalls::close(int descriptor) { return ::close(descriptor); }
int RealFileCalls::rename(const char* from, const char* to) { return ::rename(from, to); }
int RealFileCalls::unlink(const char* path) { return ::unlink(path); }

core::Status write_pieces_with(FileCalls& calls, const fs::path& path, Pieces pieces) {
  const Target target = look_at(path);
  if (target.is_special) return write_in_place(calls, path, pieces);

  fs::path neighbour;
  int descriptor = -1;
  for (int attempt = 0; descriptor < 0 && attempt < kNameAttemptsMax; ++attempt) {
    neighbour = neighbour_of(target.path);
    descriptor = calls.open(neighbour.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kModeOfNewFiles);
    if (descriptor < 0 && errno != EEXIST) break;
  }
  if (descriptor < 0) return core::fail(system_error("cannot write", path, errno));

  int failure = fill(calls, descriptor, target, pieces);
  if (failure == 0 && calls.rename(neighbour.c_str(), target.path.c_str()) != 0) failure = errno;
  if (failure == 0) return {};
  calls.unlink(neighbour.c_str());
  return core::fail(system_error("cannot write", path, failure));
}

core::Status write_file_with(FileCalls& calls, const fs::path& path, std::string_view content) {
  return write_pieces_with(calls, path, {&content, 1});
}

}  // namespace detail

core::Status write_file(const std::filesystem::path& path, std::string_view content) {
  detail::RealFileCalls calls;
  return detail::write_file_with(calls, path, content);
}

core::Status write_pieces(const std::filesystem::path& path, std::span<const std::string_view> pieces) {
  detail::RealFileCalls calls;
  return detail::write_pieces_with(calls, path, pieces);
}

}  // namespace alveus::sys
