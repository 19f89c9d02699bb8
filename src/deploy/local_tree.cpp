// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "deploy/detail/local_tree.hpp"
#include "sys/copy_file.hpp"
#include "sys/descriptor.hpp"
#include "sys/file.hpp"

namespace alveus::deploy::detail {
namespace {

namespace fs = std::filesystem;
using core::fail;
using sys::Descriptor;
using sys::system_error;

constexpr mode_t kPermissions = 0777;
constexpr std::string_view kPartialPrefix = ".alveus-part-";

bool is_partial_name(std::string_view name) { return name.starts_with(kPartialPrefix); }

/// What partial names of this machine begin with; the number of the process follows.
std::string own_prefix() {
  std::array<char, HOST_NAME_MAX + 1> host{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1));
  return std::string(kPartialPrefix) + host.data() + "-";
}

/// A directory on the way down, to notice links that lead back to it.
struct Ancestor {
  dev_t device;
  ino_t inode;
  friend bool operator==(const Ancestor&, const Ancestor&) = default;
};

core::Status copy_file(const fs::path& from, const fs::path& to, mode_t mode) {
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (source.number() < 0) return fail(system_error("cannot open", from, errno));
  // Its owner may write a copy, whatever the original allows.
  const mode_t target_mode = (mode & kPermissions) | S_IRUSR | S_IWUSR;
  Descriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, target_mode));
  if (target.number() < 0) return fail(system_error("cannot make", to, errno));
  int failure = sys::copy_bytes(source.number(), target.number());
  if (const int close_failure = target.close(); failure == 0) failure = close_failure;
  if (failure != 0) return fail(system_error("cannot copy to", to, failure));
  return {};
}

core::Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::error_code failure;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure)) {
    names.push_back(entry->path().filename().string());
  }
  if (failure) return fail(system_error("cannot list", directory, failure.value()));
  return names;
}

core::Status copy_any(const fs::path& from, const fs::path& to, std::vector<Ancestor>& ancestors) {
  struct stat status{};
  if (::stat(from.c_str(), &status) != 0) return fail(system_error("cannot copy", from, errno));
  if (S_ISREG(status.st_mode)) return copy_file(from, to, status.st_mode);
  if (!S_ISDIR(status.st_mode)) {
    return fail(core::ErrorCode::kInvalidInput, "cannot copy '" + from.string() + "': it is no file or directory");
  }
  const Ancestor self{.device = status.st_dev, .inode = status.st_ino};
  if (std::ranges::find(ancestors, self) != ancestors.end()) {
    return fail(core::ErrorCode::kInvalidInput,
                "cannot copy '" + from.string() + "': the link leads back to a directory that holds it");
  }
  if (::mkdir(to.c_str(), (status.st_mode & kPermissions) | S_IRWXU) != 0) {
    return fail(system_error("cannot make the directory", to, errno));
  }
  ALVEUS_TRY_ASSIGN(const auto names, names_in(from));
  ancestors.push_back(self);
  for (const auto& name : names) ALVEUS_TRY(copy_any(from / name, to / name, ancestors));
  ancestors.pop_back();
  return {};
}

/// A relative link whose path never climbs out of `root` may move with the tree.
bool stays_inside(const fs::path& link, const fs::path& target, const fs::path& root) {
  return target.is_relative() && lies_within((link.parent_path() / target).lexically_normal(), root);
}

/// Puts `whole` in the place of a link, in one step.
int replace_link(const fs::path& whole, const fs::path& link) {
  if (::rename(whole.c_str(), link.c_str()) == 0) return 0;
  // A directory takes the place of a link by exchange alone.
  if (::renameat2(AT_FDCWD, whole.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE) != 0) return errno;
  return ::unlink(whole.c_str()) == 0 ? 0 : errno;
}

struct LinksOut {
  std::vector<fs::path> leading_out;
  std::vector<fs::path> partial;  ///< left by a killed controller
};

core::Result<LinksOut> find_links(const fs::path& root) {
  LinksOut found;
  std::error_code failure;
  for (fs::recursive_directory_iterator entry(root, failure), end; !failure && entry != end; entry.increment(failure)) {
    if (is_partial_name(entry->path().filename().string())) {
      found.partial.push_back(entry->path());
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_symlink(failure) || failure) continue;
    const fs::path target = fs::read_symlink(entry->path(), failure);
    if (!failure && !stays_inside(entry->path(), target, root)) found.leading_out.push_back(entry->path());
  }
  if (failure) return fail(system_error("cannot list", root, failure.value()));
  return found;
}

/// Gives each file of the tree that has a second name elsewhere (in a cache of results) one that is its own: what is
/// done to it must not be done there.
core::Status make_unshared(const fs::path& root) {
  std::vector<fs::path> shared;
  std::error_code failure;
  for (fs::recursive_directory_iterator entry(root, failure), end; !failure && entry != end; entry.increment(failure)) {
    if (entry->is_symlink(failure) || !entry->is_regular_file(failure)) continue;
    if (entry->hard_link_count(failure) > 1) shared.push_back(entry->path());
  }
  if (failure) return fail(system_error("cannot list", root, failure.value()));
  for (const auto& file : shared) {
    fs::path copy = file;
    copy += ".alveus-copy";
    ALVEUS_TRY(copy_tree(file, copy));
    if (::rename(copy.c_str(), file.c_str()) != 0) return fail(system_error("cannot replace", file, errno));
  }
  return {};
}

core::Status overwrite(const fs::path& from, const fs::path& file) {
  std::error_code failure;
  if (fs::copy_file(from, file, fs::copy_options::overwrite_existing, failure)) return {};
  return fail(system_error("cannot write", file, failure.value()));
}

core::Status copy_then_remove(const fs::path& from, const fs::path& to) {
  ALVEUS_TRY(copy_tree(from, to));
  return sys::remove_tree(from);
}

}  // namespace

bool lies_within(const fs::path& path, const fs::path& directory) {
  const fs::path inner = path.lexically_normal();
  fs::path outer = directory.lexically_normal();
  if (!outer.has_filename() && outer.has_relative_path()) outer = outer.parent_path();  // "/a/" is "/a"
  auto component = inner.begin();
  for (const auto& wanted : outer) {
    if (component == inner.end() || *component != wanted) return false;
    ++component;
  }
  return true;
}

bool make_short_link(const fs::path& source, const fs::path& link, const fs::path& root) {
  constexpr std::size_t kShortMax = 59;
  if (source.native().size() <= kShortMax || !lies_within(source, root) || !lies_within(link, root)) return false;
  const fs::path target = source.lexically_relative(link.parent_path());
  if (target.native().size() > kShortMax || ::symlink(target.c_str(), link.c_str()) != 0) return false;
  // Where the link's own directory was reached through another link, "../" leads elsewhere.
  struct stat wanted{};
  struct stat reached{};
  const bool leads_there = ::stat(source.c_str(), &wanted) == 0 && ::stat(link.c_str(), &reached) == 0 &&
                           wanted.st_dev == reached.st_dev && wanted.st_ino == reached.st_ino;
  if (!leads_there) ::unlink(link.c_str());
  return leads_there;
}

fs::path partial_path(const fs::path& path) {
  static std::atomic<unsigned> next_number{0};
  return path.parent_path() /
         (own_prefix() + std::to_string(::getpid()) + "-" + std::to_string(next_number.fetch_add(1)));
}

int name_whole(const fs::path& partial, const fs::path& path) {
  int failure = 0;
  if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) failure = errno;
  // A file system that cannot refuse to replace: look first.
  if (failure == EINVAL || failure == ENOSYS) {
    std::error_code ignored;
    const bool is_free = fs::symlink_status(path, ignored).type() == fs::file_type::not_found;
    failure = !is_free ? EEXIST : ::rename(partial.c_str(), path.c_str()) != 0 ? errno : 0;
  }
  if (failure != 0) static_cast<void>(sys::remove_tree(partial));
  return failure;
}

core::Status remove_partial(const fs::path& directory) {
  ALVEUS_TRY_ASSIGN(const auto names, names_in(directory));
  const std::string prefix = own_prefix();
  for (const auto& name : names) {
    if (!name.starts_with(prefix)) continue;
    const pid_t owner = static_cast<pid_t>(std::strtol(name.c_str() + prefix.size(), nullptr, 10));
    if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) continue;
    ALVEUS_TRY(sys::remove_tree(directory / name));
  }
  return {};
}

core::Status copy_tree(const fs::path& from, const fs::path& to) {
  std::error_code ignored;
  if (fs::symlink_status(to, ignored).type() != fs::file_type::not_found) {
    return fail(system_error("cannot make", to, EEXIST));
  }
  const fs::path source = fs::canonical(from, ignored);
  if (!source.empty() && lies_within(fs::weakly_canonical(to, ignored), source)) {
    return fail(core::ErrorCode::kInvalidInput,
                "cannot copy '" + from.string() + "' into itself at '" + to.string() + "'");
  }
  std::vector<Ancestor> ancestors;
  const fs::path partial = partial_path(to);
  auto copied = copy_any(from, partial, ancestors);
  // Nothing half-done stays; the failure that counts is the first.
  if (!copied) {
    static_cast<void>(sys::remove_tree(partial));
    return copied;
  }
  if (const int number = name_whole(partial, to); number != 0) return fail(system_error("cannot make", to, number));
  return {};
}

core::Status replace_tree(const fs::path& from, const fs::path& to) {
  std::error_code missing;
  fs::path place = fs::canonical(to, missing);
  if (missing) return copy_tree(from, to);
  static_cast<void>(remove_partial(place.parent_path()));
  std::error_code failure;
  // A file with several names keeps them all.
  if (fs::is_regular_file(place, failure) && fs::hard_link_count(place, failure) > 1) return overwrite(from, place);
  const fs::path copy = partial_path(place);
  auto replaced = copy_tree(from, copy);
  if (replaced && ::renameat2(AT_FDCWD, copy.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) {
    return sys::remove_tree(copy);
  }
  if (replaced && fs::is_directory(place, failure)) {
    // A file system that cannot exchange.
    ALVEUS_TRY(sys::remove_tree(place));
    if (::rename(copy.c_str(), place.c_str()) == 0) return {};
    return fail(system_error("cannot replace", place, errno));
  }
  if (replaced && ::rename(copy.c_str(), place.c_str()) == 0) return {};
  static_cast<void>(sys::remove_tree(copy));
  // Who may write the file, but not into its directory.
  if (fs::is_regular_file(place, failure)) return overwrite(from, place);
  return replaced ? fail(core::ErrorCode::kDenied, "cannot replace '" + place.string() + "'") : replaced;
}

core::Status make_self_contained(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return fail(system_error("cannot look at", path, errno));
  LinksOut links;
  if (S_ISLNK(status.st_mode)) links.leading_out.push_back(path);
  if (S_ISDIR(status.st_mode)) {
    ALVEUS_TRY_ASSIGN(links, find_links(path));
  }
  for (const auto& partial : links.partial) ALVEUS_TRY(sys::remove_tree(partial));
  for (const auto& link : links.leading_out) {
    std::error_code missing;
    const fs::path target = fs::canonical(link, missing);
    if (missing) continue;
    const fs::path copy = partial_path(link);
    ALVEUS_TRY(copy_tree(target, copy));
    if (const int number = replace_link(copy, link); number != 0) {
      return fail(system_error("cannot replace the link", link, number));
    }
  }
  return {};
}

core::Status move_tree(const fs::path& from, const fs::path& to) {
  struct stat status{};
  if (::lstat(from.c_str(), &status) != 0) return fail(system_error("cannot move", from, errno));
  // A link is moved as what it points to: the place it points to may go before it does.
  if (S_ISLNK(status.st_mode)) return copy_then_remove(from, to);
  if (S_ISREG(status.st_mode) && status.st_nlink > 1) return copy_then_remove(from, to);
  if (S_ISDIR(status.st_mode)) ALVEUS_TRY(make_self_contained(from));
  if (S_ISDIR(status.st_mode)) ALVEUS_TRY(make_unshared(from));
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  // EINVAL: a file system that cannot refuse to replace, or a move into itself, which copy_tree reports.
  if (errno == EXDEV || errno == EINVAL || errno == ENOSYS) return copy_then_remove(from, to);
  return fail(system_error("cannot move to", to, errno));
}

core::Result<std::vector<std::pair<fs::path, std::string>>> links_in(const fs::path& tree) {
  std::vector<std::pair<fs::path, std::string>> links;
  std::error_code failure;
  for (fs::recursive_directory_iterator member(tree, failure), end; !failure && member != end;
       member.increment(failure)) {
    if (!member->is_symlink(failure)) continue;
    links.emplace_back(member->path(), fs::read_symlink(member->path(), failure).string());
  }
  if (failure) return fail(system_error("cannot look for links in", tree, failure.value()));
  std::ranges::sort(links);
  return links;
}

}  // namespace alveus::deploy::detail
