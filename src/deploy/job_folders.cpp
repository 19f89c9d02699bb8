// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/hash.hpp"
#include "deploy/detail/job_folders.hpp"
#include "sys/descriptor.hpp"
#include "sys/file.hpp"
#include "sys/thread_pool.hpp"

namespace alveus::deploy::detail {
namespace {

using core::RemotePath;

constexpr mode_t kPrivate = 0700;
constexpr std::size_t kFolderNameBytesMax = 100;
constexpr int kSameNameMax = 1'000'000;
constexpr std::size_t kSparesMax = 256;
constexpr std::size_t kRemovalsAtOnceMax = 16;

/// "train.0.4" for "/train/0.4": readable, one component, nothing that a careless script would trip over.
std::string folder_name_of(const core::JobId& job) {
  std::string name;
  for (const char character : job.text()) {
    const bool is_plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9') || character == '_' || character == '-';
    if (is_plain) {
      name += character;
    } else if (!name.empty()) {
      name += character == '/' || character == '.' ? '.' : '_';
    }
  }
  if (name.size() > kFolderNameBytesMax) {
    name =
        name.substr(0, kFolderNameBytesMax) + "-" + core::hash_text(core::HashKind::kSha256, job.text()).substr(0, 8);
  }
  return name.empty() ? "job" : name;
}

/// Whether a directory, which is no link, is as it was made and holds at most these names.
bool holds_at_most(int parent, const char* name, std::initializer_list<std::string_view> names) {
  const sys::Descriptor directory(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (directory.number() < 0 || ::fstat(directory.number(), &status) != 0) return false;
  if ((status.st_mode & 0777U) != kPrivate) return false;
  // By number: readdir would allocate 32 KiB for each of these directories, which are empty as a rule.
  alignas(8) std::array<char, 1024> entries{};
  long size = 0;
  while ((size = ::syscall(SYS_getdents64, directory.number(), entries.data(), entries.size())) > 0) {
    for (long at = 0; at < size;) {
      // struct linux_dirent64: inode, offset, 8 bytes each; length, 2 bytes; type, 1; name.
      std::uint16_t length = 0;
      std::memcpy(&length, entries.data() + at + 16, sizeof length);
      const std::string_view entry = entries.data() + at + 19;
      at += length;
      if (entry != "." && entry != ".." && std::ranges::find(names, entry) == names.end()) return false;
    }
  }
  return size == 0;
}

/// Whether the file is empty or not there.
bool has_no_log(int root) {
  struct stat status{};
  if (::fstatat(root, "log", &status, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT;
  return S_ISREG(status.st_mode) && status.st_size == 0 && status.st_nlink == 1;
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

JobFolders::JobFolders(std::string directory)
    : directory_(std::move(directory)), spares_directory_(directory_ + "/.spare") {
  // What a controller left that was killed.
  static_cast<void>(sys::remove_tree(spares_directory_));
}

JobFolders::~JobFolders() {
  if (!has_spares_directory_) return;
  {
    // A file system may make each removal of a directory wait for its journal; together they wait once.
    const std::size_t count = folders_.numbers.size() + tmpdirs_.numbers.size();
    sys::ThreadPool pool(std::min(count, kRemovalsAtOnceMax), count);
    for (const Spares* spares : {&folders_, &tmpdirs_}) {
      for (const std::uint64_t number : spares->numbers) {
        pool.add([path = path_of(*spares, number)] { static_cast<void>(sys::remove_tree(path)); });
      }
    }
  }
  static_cast<void>(sys::remove_tree(spares_directory_));
}

std::string JobFolders::path_of(const Spares& spares, std::uint64_t number) const {
  return spares_directory_ + "/" + spares.kind + std::to_string(number);
}

/// Puts a spare directory, or else a new one, where nothing stands. 0, or the errno.
int JobFolders::place(Spares& spares, const std::string& target, bool& is_spare) {
  is_spare = false;
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    is_spare = !spares.numbers.empty();
    if (is_spare) {
      number = spares.numbers.back();
      spares.numbers.pop_back();
    }
  }
  if (is_spare) {
    const std::string source = path_of(spares, number);
    if (::renameat2(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) return 0;
    const int failure = errno;
    const std::scoped_lock lock(mutex_);
    spares.numbers.push_back(number);
    if (failure == EEXIST) return failure;
  }
  // A file system may be unable to promise that it replaces nothing.
  is_spare = false;
  return ::mkdir(target.c_str(), kPrivate) == 0 ? 0 : errno;
}

/// Keeps what `name` in `directory` names for a next job. False, and it stays, where that cannot be.
bool JobFolders::keep(Spares& spares, int directory, const std::string& name) {
  std::uint64_t number = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (spares.numbers.size() >= kSparesMax) return false;
    if (!has_spares_directory_ && ::mkdir(spares_directory_.c_str(), kPrivate) != 0) return false;
    has_spares_directory_ = true;
    number = next_number_++;
  }
  if (::renameat(directory, name.c_str(), AT_FDCWD, path_of(spares, number).c_str()) != 0) return false;
  const std::scoped_lock lock(mutex_);
  spares.numbers.push_back(number);
  return true;
}

core::Result<JobFolder> JobFolders::make(const core::JobId& job) {
  const std::string name = directory_ + "/" + folder_name_of(job);
  std::string root = name;
  bool is_spare = false;
  for (int number = 2; const int failure = place(folders_, root, is_spare); ++number) {
    if (failure != EEXIST || number > kSameNameMax) {
      return core::fail(sys::system_error("cannot make the directory", root, failure));
    }
    root = name + "-" + std::to_string(number);
  }
  JobFolder folder{.root = RemotePath(root),
                   .outdir = RemotePath(root + "/out"),
                   .tmpdir = RemotePath(root + "/tmp"),
                   .inputs_directory = RemotePath(root + "/in")};
  if (is_spare) return folder;
  if (::mkdir(folder.outdir.text().c_str(), kPrivate) != 0) {
    return core::fail(sys::system_error("cannot make the directory", folder.outdir.text(), errno));
  }
  if (const int failure = place(tmpdirs_, folder.tmpdir.text(), is_spare)) {
    return core::fail(sys::system_error("cannot make the directory", folder.tmpdir.text(), failure));
  }
  return folder;
}

bool JobFolders::retire(const JobFolder& folder, JobRemains remains) {
  const std::string& path = folder.root.text();
  if (parent_of(path) != directory_) return false;
  const sys::Descriptor root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (root.number() < 0 || !holds_at_most(root.number(), "tmp", {})) return false;
  const bool is_bare = remains == JobRemains::kNothing && holds_at_most(root.number(), "out", {}) &&
                       holds_at_most(root.number(), ".", {"out", "tmp", "log"}) && has_no_log(root.number());
  if (is_bare && keep(folders_, AT_FDCWD, path)) return true;
  return keep(tmpdirs_, root.number(), "tmp");
}

}  // namespace alveus::deploy::detail
