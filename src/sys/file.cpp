// SPDX-License-Identifier: Apache-2.0
#include "sys/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "sys/descriptor.hpp"

namespace alveus::sys {
namespace {

namespace fs = std::filesystem;

/// Looks at an open file; a directory is kInvalidInput.
core::Result<struct stat> status_of(int descriptor, const fs::path& path) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return core::fail(system_error("cannot read", path, errno));
  if (S_ISDIR(status.st_mode)) return core::fail(system_error("cannot read", path, EISDIR));
  return status;
}

tl::unexpected<core::Error> too_long(const fs::path& path, std::uintmax_t limit_bytes) {
  return core::fail(core::ErrorCode::kInvalidInput,
                    "'" + path.string() + "' is longer than the " + std::to_string(limit_bytes) + " bytes allowed");
}

}  // namespace

core::ErrorCode error_code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return core::ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return core::ErrorCode::kDenied;
    case EISDIR:
    case EEXIST:
    case EINVAL:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOEXEC:
    case E2BIG:
    case ENOTEMPTY: return core::ErrorCode::kInvalidInput;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EBUSY:
    case EIO:
    case ESTALE:
    case ETIMEDOUT: return core::ErrorCode::kUnavailable;
    default: return core::ErrorCode::kInternal;
  }
}

core::Error system_error(std::string_view action, const fs::path& path, int error_number) {
  return core::Error{
      .code = error_code_of(error_number),
      .message = std::string(action) + " '" + path.string() + "': " + std::generic_category().message(error_number),
      .where = {},
      .context = {}};
}

core::Result<std::string> read_file(const fs::path& path, std::uintmax_t limit_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return core::fail(system_error("cannot open", path, errno));
  ALVEUS_TRY_ASSIGN(const struct stat status, status_of(file.number(), path));
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > limit_bytes) return too_long(path, limit_bytes);

  // The size is a hint: files of /proc report zero, others may grow while they are read.
  constexpr std::size_t kPieceBytes = 1U << 16U;
  std::string content;
  std::size_t filled = 0;
  content.resize(static_cast<std::size_t>(size) + 1);
  while (true) {
    if (filled == content.size()) content.resize(content.size() + std::max(kPieceBytes, content.size() / 2));
    const ssize_t count = ::read(file.number(), content.data() + filled, content.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return core::fail(system_error("cannot read", path, errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > limit_bytes) return too_long(path, limit_bytes);
  }
  content.resize(filled);
  return content;
}

core::Status make_directories(const fs::path& path) {
  // As a rule the parents are there; looking at each of them first takes longer than this.
  constexpr mode_t kModeOfNewDirectories = 0777;
  if (::mkdir(path.c_str(), kModeOfNewDirectories) == 0) return {};
  std::error_code failure;
  fs::create_directories(path, failure);
  if (!failure) return {};
  core::Error error = system_error("cannot make the directory", path, failure.value());
  if (failure.value() == ENOTDIR) error.code = core::ErrorCode::kInvalidInput;
  return core::fail(std::move(error));
}

core::Result<TemporaryDirectory> TemporaryDirectory::make(std::string_view prefix, const fs::path& parent) {
  fs::path base = parent;
  if (base.empty()) {
    const char* named = std::getenv("TMPDIR");
    base = named != nullptr && *named != '\0' ? named : "/tmp";
  }
  std::string name = (base / (std::string(prefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    return core::fail(system_error("cannot make a temporary directory in", base, errno));
  }
  return TemporaryDirectory(fs::path(std::move(name)));
}

TemporaryDirectory::~TemporaryDirectory() {
  // A destructor has nobody to tell; what cannot be removed stays behind in a place for temporary things.
  if (!path_.empty()) static_cast<void>(remove_tree(path_));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(other.release()) {}

TemporaryDirectory& TemporaryDirectory::operator=(TemporaryDirectory&& other) noexcept {
  if (this != &other) {
    if (!path_.empty()) static_cast<void>(remove_tree(path_));
    path_ = other.release();
  }
  return *this;
}

fs::path TemporaryDirectory::release() { return std::exchange(path_, fs::path()); }

core::Result<MappedFile> MappedFile::open(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return core::fail(system_error("cannot open", path, errno));
  ALVEUS_TRY_ASSIGN(const struct stat status, status_of(file.number(), path));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return MappedFile("", 0);
  void* begin = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (begin == MAP_FAILED) return core::fail(system_error("cannot map", path, errno));
  return MappedFile(static_cast<const char*>(begin), size);
}

MappedFile::~MappedFile() {
  if (size_ != 0) ::munmap(const_cast<char*>(begin_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : begin_(std::exchange(other.begin_, "")), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(size_, other.size_);
  return *this;
}

core::Result<fs::path> executable_directory() {
  std::error_code failure;
  const fs::path link = "/proc/self/exe";
  const fs::path program = fs::read_symlink(link, failure);
  if (failure) return core::fail(system_error("cannot read the link", link, failure.value()));
  return program.parent_path();
}

}  // namespace alveus::sys
