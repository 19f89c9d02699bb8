// SPDX-License-Identifier: Apache-2.0
#include "store/detail/kept_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "store/file_checksums.hpp"
#include "sys/copy_file.hpp"
#include "sys/descriptor.hpp"
#include "sys/file.hpp"

namespace alveus::store::detail {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Status;
using sys::Descriptor;
using sys::system_error;

constexpr int kDepthMax = 200;
constexpr mode_t kPermissions = 0777;

bool lies_below(const fs::path& path, const fs::path& directory) {
  const auto [rest, end] = std::ranges::mismatch(directory, path);
  return rest == directory.end() && end != path.end();
}

/// A second name for a file is safe where the job's folder alone knows it, which goes away when the run is over.
bool may_link(const fs::path& from, const struct stat& status, const Keeping& keeping) {
  if (!keeping.may_link || status.st_nlink != 1) return false;
  std::error_code failure;
  const fs::path real = fs::canonical(from, failure);
  return !failure && lies_below(real, keeping.jobs_directory);
}

Status copy_file(const fs::path& from, const fs::path& to, const struct stat& status, const Keeping& keeping) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (source.number() < 0) return fail(system_error("open", from, errno));
  Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (target.number() < 0) return fail(system_error("make", to, errno));
  if (sys::share_blocks(source.number(), target.number())) return {};
  if (may_link(from, status, keeping)) {
    std::error_code failure;
    const fs::path real = fs::canonical(from, failure);
    if (!failure && ::unlink(to.c_str()) == 0 && ::link(real.c_str(), to.c_str()) == 0) return {};
    target.close();
    return copy_file(from, to, status, {.jobs_directory = {}, .may_link = false});
  }
  int failure = sys::copy_bytes(source.number(), target.number());
  if (const int close_failure = target.close(); failure == 0) failure = close_failure;
  if (failure != 0) return fail(system_error("copy to", to, failure));
  return {};
}

Status keep_any(const fs::path& from, const fs::path& to, const fs::path& base, const Keeping& keeping,
                std::vector<KeptFile>& files, int depth) {
  struct stat status{};
  if (::stat(from.c_str(), &status) != 0) return fail(system_error("look at", from, errno));
  const bool is_directory = S_ISDIR(status.st_mode);
  if (depth > kDepthMax || (!is_directory && !S_ISREG(status.st_mode))) {
    return fail(core::ErrorCode::kInvalidInput, "'" + from.string() + "' cannot be kept: it is no file or directory");
  }
  if (!is_directory) {
    ALVEUS_TRY(copy_file(from, to, status, keeping));
    if (::chmod(to.c_str(), status.st_mode & kPermissions) != 0) {
      return fail(system_error("set the mode of", to, errno));
    }
    ALVEUS_TRY_ASSIGN(const auto checksum, FileChecksums::read(to));
    files.push_back({.path = to.lexically_relative(base).string(), .is_directory = false, .checksum = checksum});
    return {};
  }
  if (::mkdir(to.c_str(), 0700) != 0) return fail(system_error("make the directory", to, errno));
  files.push_back({.path = to.lexically_relative(base).string(), .is_directory = true, .checksum = {}});
  std::error_code failure;
  for (fs::directory_iterator entry(from, failure), end; !failure && entry != end; entry.increment(failure)) {
    ALVEUS_TRY(keep_any(entry->path(), to / entry->path().filename(), base, keeping, files, depth + 1));
  }
  if (failure) return fail(system_error("list", from, failure.value()));
  if (::chmod(to.c_str(), (status.st_mode & kPermissions) | S_IRWXU) != 0) {
    return fail(system_error("set the mode of", to, errno));
  }
  return {};
}

}  // namespace

Status keep_files(const fs::path& from, const fs::path& to, const fs::path& base, const Keeping& keeping,
                  std::vector<KeptFile>& files) {
  return keep_any(from, to, base, keeping, files, 0);
}

Status copy_kept(const fs::path& from, const fs::path& to) {
  struct stat status{};
  if (::stat(from.c_str(), &status) != 0) return fail(system_error("look at", from, errno));
  const mode_t mode = (status.st_mode & 0777U) | S_IRUSR | S_IWUSR;
  if (S_ISREG(status.st_mode)) {
    ALVEUS_TRY(copy_file(from, to, status, {.jobs_directory = {}, .may_link = false}));
    if (::chmod(to.c_str(), mode) != 0) return fail(system_error("make writable", to, errno));
    return {};
  }
  if (::mkdir(to.c_str(), mode | S_IXUSR) != 0) return fail(system_error("make the directory", to, errno));
  std::error_code failure;
  for (fs::directory_iterator entry(from, failure), end; !failure && entry != end; entry.increment(failure)) {
    ALVEUS_TRY(copy_kept(entry->path(), to / entry->path().filename()));
  }
  if (failure) return fail(system_error("list", from, failure.value()));
  return {};
}

}  // namespace alveus::store::detail
