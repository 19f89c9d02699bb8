// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sys/file.hpp"
#include "sys/thread_pool.hpp"

namespace alveus::sys {
namespace {

namespace fs = std::filesystem;

/// A file system may make each removal of a directory wait for its journal. From so many on they wait together.
constexpr std::size_t kManyDirectories = 32;
constexpr std::size_t kAtOnceMax = 32;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Removes trees and keeps the first failure. Links are not followed. Safe from several threads.
class Removal {
 public:
  void remove(int parent, const std::string& name) {
    if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
    if (errno != EISDIR) return note(errno);
    if (!empty_directory(parent, name)) return;
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) note(errno);
  }

  /// 0, or an errno.
  int failure() const { return failure_; }

 private:
  bool empty_directory(int parent, const std::string& name) {
    const int descriptor = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseDirectory> directory(descriptor < 0 ? nullptr : ::fdopendir(descriptor));
    if (directory == nullptr) {
      note(errno);
      if (descriptor >= 0) ::close(descriptor);
      return false;
    }
    std::vector<std::string> directories;
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view member = entry->d_name;
      if (member == "." || member == "..") continue;
      if (entry->d_type == DT_DIR) {
        directories.emplace_back(member);
      } else {
        remove(descriptor, entry->d_name);
      }
    }
    if (directories.size() < kManyDirectories) {
      for (const auto& member : directories) remove(descriptor, member);
    } else {
      ThreadPool pool(std::min(directories.size(), kAtOnceMax), kAtOnceMax);
      for (const auto& member : directories) pool.add([&, descriptor] { remove(descriptor, member); });
    }
    return true;
  }

  void note(int error_number) {
    int none = 0;
    failure_.compare_exchange_strong(none, error_number);
  }

  std::atomic<int> failure_{0};
};

int try_to_remove(const fs::path& path) {
  Removal removal;
  removal.remove(AT_FDCWD, path.native());
  return removal.failure();
}

/// Gives the owner of every directory below `path` the right to empty it. Links are not followed.
void unlock_directories(const fs::path& path) {
  std::error_code ignored;
  std::vector<fs::path> waiting{path};
  while (!waiting.empty()) {
    const fs::path directory = std::move(waiting.back());
    waiting.pop_back();
    if (fs::symlink_status(directory, ignored).type() != fs::file_type::directory) continue;
    fs::permissions(directory, fs::perms::owner_all, fs::perm_options::add, ignored);
    for (fs::directory_iterator entry(directory, ignored), end; entry != end; entry.increment(ignored)) {
      if (entry->symlink_status(ignored).type() == fs::file_type::directory) waiting.push_back(entry->path());
      if (ignored) break;
    }
  }
}

}  // namespace

core::Status remove_tree(const fs::path& path) {
  int failure = try_to_remove(path);
  if (failure == EACCES || failure == EPERM) {
    unlock_directories(path);
    failure = try_to_remove(path);
  }
  if (failure == 0 || failure == ENOENT || failure == ENOTDIR) return {};
  return core::fail(system_error("cannot remove", path, failure));
}

}  // namespace alveus::sys
