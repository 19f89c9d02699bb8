// SPDX-License-Identifier: Apache-2.0
#include "store/run_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "sys/file.hpp"

namespace alveus::store {
namespace {

std::filesystem::path lock_file(const std::filesystem::path& run_folder) { return run_folder / "controller"; }

struct flock whole_file() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

core::Result<RunLock> RunLock::take(const std::filesystem::path& run_folder) {
  const auto file = lock_file(run_folder);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return core::fail(sys::system_error("open the run's lock", file, errno));
  RunLock taken(descriptor);
  struct flock lock = whole_file();
  if (::fcntl(descriptor, F_SETLK, &lock) == 0) return taken;
  const int failure = errno;
  if (failure != EAGAIN && failure != EACCES) return core::fail(sys::system_error("lock the run", file, failure));
  lock = whole_file();
  const bool has_holder = ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  return core::fail(core::ErrorCode::kUnavailable,
                    "the run '" + run_folder.filename().string() + "' is under way" +
                        (has_holder ? " in process " + std::to_string(lock.l_pid) : std::string()) +
                        "; wait for its end, or interrupt it first");
}

RunLock::RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunLock::~RunLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<int> controller_of(const std::filesystem::path& run_folder) {
  const int descriptor = ::open(lock_file(run_folder).c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  struct flock lock = whole_file();
  const bool is_known = ::fcntl(descriptor, F_GETLK, &lock) == 0;
  ::close(descriptor);
  if (!is_known || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace alveus::store
