// SPDX-License-Identifier: Apache-2.0
#include "store/file_checksums.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "store/detail/sqlite.hpp"
#include "sys/descriptor.hpp"
#include "sys/file.hpp"
#include "sys/guarded.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using core::fail;
using sys::system_error;
using Nanoseconds = std::int64_t;

constexpr std::size_t kPieceBytes = std::size_t{1} << 18U;
constexpr std::size_t kPendingMax = 512;
constexpr int kReadAttemptsMax = 3;
constexpr int kDatabaseVersion = 1;
/// Linux stamps files with the time of the last clock tick, 10 ms apart at most.
constexpr Nanoseconds kTickNs = 20'000'000;
/// Of file systems that keep whole seconds (two, on FAT), and of those whose server has a clock of its own.
constexpr Nanoseconds kCoarseNs = 2'500'000'000;
/// Reading a file of this size takes longer than waiting until its checksum may be remembered.
constexpr std::uint64_t kWorthWaitingBytes = std::uint64_t{16} << 20U;

Nanoseconds nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

/// All by which a change of a file shows.
struct FileIdentity {
  std::uint64_t size_bytes = 0;
  std::int64_t device = 0;
  std::int64_t inode = 0;
  Nanoseconds mtime = 0;
  Nanoseconds ctime = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

FileIdentity identity_of(const struct stat& status) {
  return {.size_bytes = static_cast<std::uint64_t>(status.st_size),
          .device = static_cast<std::int64_t>(status.st_dev),
          .inode = static_cast<std::int64_t>(status.st_ino),
          .mtime = nanoseconds(status.st_mtim),
          .ctime = nanoseconds(status.st_ctim)};
}

core::Result<FileIdentity> look_at(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return fail(system_error("look at", file, errno));
  if (!S_ISREG(status.st_mode)) return fail(core::ErrorCode::kInvalidInput, "'" + file.string() + "' is no file");
  return identity_of(status);
}

/// How far apart the time stamps of the open file's file system may be.
Nanoseconds granularity_of(int descriptor, const FileIdentity& identity) {
  struct statfs system{};
  if (identity.ctime % 1'000'000'000 == 0 || ::fstatfs(descriptor, &system) != 0) return kCoarseNs;
  // ext2-4, XFS, btrfs, tmpfs, overlayfs, f2fs, ZFS: stamped by the kernel that runs this. linux/magic.h lacks some.
  for (const std::uint64_t own :
       {0xef53ULL, 0x58465342ULL, 0x9123683eULL, 0x01021994ULL, 0x794c7630ULL, 0xf2f52010ULL, 0x2fc12fc1ULL}) {
    if (static_cast<std::uint64_t>(system.f_type) == own) return kTickNs;
  }
  return kCoarseNs;
}

Nanoseconds now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return nanoseconds(time);
}

struct Reading {
  FileChecksum checksum;
  FileIdentity identity;
  bool is_settled = false;  ///< a later change of the file will show in its identity
};

core::Result<std::string> digest(int descriptor, const fs::path& file) {
  core::Hasher hasher(core::HashKind::kSha256);
  std::string piece(kPieceBytes, '\0');
  while (true) {
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error("read", file, errno));
    if (count == 0) return hasher.finish();
    hasher.add(std::string_view(piece.data(), static_cast<std::size_t>(count)));
  }
}

core::Result<Reading> read_once(const fs::path& file, bool may_wait) {
  const sys::Descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (open.number() < 0) return fail(system_error("open", file, errno));
  struct stat status{};
  if (::fstat(open.number(), &status) != 0) return fail(system_error("look at", file, errno));
  if (!S_ISREG(status.st_mode)) return fail(core::ErrorCode::kInvalidInput, "'" + file.string() + "' is no file");
  Reading reading{.checksum = {}, .identity = identity_of(status)};
  const Nanoseconds settled_at = reading.identity.ctime + granularity_of(open.number(), reading.identity);
  Nanoseconds begin = now();
  if (may_wait && begin <= settled_at && settled_at - begin <= kTickNs &&
      reading.identity.size_bytes >= kWorthWaitingBytes) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(settled_at - begin + 1));
    begin = now();
  }
  ALVEUS_TRY_ASSIGN(reading.checksum.sha256, digest(open.number(), file));
  reading.checksum.size_bytes = reading.identity.size_bytes;
  if (::fstat(open.number(), &status) != 0) return fail(system_error("look at", file, errno));
  if (identity_of(status) != reading.identity) {
    return fail(core::ErrorCode::kUnavailable, "'" + file.string() + "' changes while it is read");
  }
  reading.is_settled = settled_at < begin;
  return reading;
}

core::Result<Reading> read_file(const fs::path& file, bool may_wait) {
  for (int attempt = 1;; ++attempt) {
    auto reading = read_once(file, may_wait);
    if (reading || reading.error().code != core::ErrorCode::kUnavailable || attempt == kReadAttemptsMax) return reading;
  }
}

struct Remembered {
  FileIdentity identity;
  std::string sha256;
};

core::Result<detail::Database> open_database(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(system_error("make the database", file, errno));
  ::close(descriptor);
  ALVEUS_TRY_ASSIGN(auto database, detail::Database::open(file, detail::OpenMode::kReadWrite));
  // No write-ahead log: it needs shared memory, which machines that share a file system do not have.
  ALVEUS_TRY(database.execute("PRAGMA journal_mode = TRUNCATE"));
  ALVEUS_TRY_ASSIGN(const std::int64_t version, database.integer("PRAGMA user_version"));
  if (version != 0 && version != kDatabaseVersion) {
    return fail(core::ErrorCode::kUnsupported, "the database '" + file.string() + "' has format " +
                                                   std::to_string(version) + "; this version knows format " +
                                                   std::to_string(kDatabaseVersion));
  }
  ALVEUS_TRY(
      database.execute("CREATE TABLE IF NOT EXISTS checksum("
                       "path TEXT PRIMARY KEY, size INTEGER NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, "
                       "mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID; "
                       "PRAGMA user_version = " +
                       std::to_string(kDatabaseVersion)));
  return database;
}

}  // namespace

struct FileChecksums::State {
  struct Store {
    explicit Store(detail::Database opened) : database(std::move(opened)) {}
    detail::Database database;
    detail::Statement find;
    detail::Statement insert;
    std::unordered_map<std::string, Remembered> pending;  ///< not in the database yet
  };

  explicit State(Store opened) : store(std::move(opened)) {}

  std::optional<Remembered> find(const std::string& path) {
    return store.with_lock([&](Store& open) -> std::optional<Remembered> {
      if (const auto found = open.pending.find(path); found != open.pending.end()) return found->second;
      open.find.bind(1, path);
      std::optional<Remembered> remembered;
      // A database that cannot be read remembers nothing.
      if (const auto row = open.find.step(); row && *row) {
        remembered = Remembered{.identity = {.size_bytes = static_cast<std::uint64_t>(open.find.integer(0)),
                                             .device = open.find.integer(1),
                                             .inode = open.find.integer(2),
                                             .mtime = open.find.integer(3),
                                             .ctime = open.find.integer(4)},
                                .sha256 = open.find.text(5)};
      }
      open.find.reset();
      return remembered;
    });
  }

  void remember(const std::string& path, Remembered remembered) {
    store.with_lock([&](Store& open) {
      open.pending.insert_or_assign(path, std::move(remembered));
      if (open.pending.size() >= kPendingMax) flush(open);
    });
  }

  /// What cannot be written is forgotten: it costs a reading.
  static void flush(Store& open) {
    if (open.pending.empty()) return;
    if (open.database.execute("BEGIN IMMEDIATE")) {
      core::Status written;
      for (const auto& [path, remembered] : open.pending) {
        if (written) written = insert(open, path, remembered);
      }
      if (written) written = open.database.execute("COMMIT");
      if (!written) static_cast<void>(open.database.execute("ROLLBACK"));
    }
    open.pending.clear();
  }

  static core::Status insert(Store& open, const std::string& path, const Remembered& remembered) {
    open.insert.bind(1, path);
    open.insert.bind(2, static_cast<std::int64_t>(remembered.identity.size_bytes));
    open.insert.bind(3, remembered.identity.device);
    open.insert.bind(4, remembered.identity.inode);
    open.insert.bind(5, remembered.identity.mtime);
    open.insert.bind(6, remembered.identity.ctime);
    open.insert.bind(7, remembered.sha256);
    const auto done = open.insert.step();
    open.insert.reset();
    ALVEUS_TRY(done);
    return {};
  }

  sys::Guarded<Store> store;
  std::atomic<std::size_t> read_count{0};
  std::atomic<std::size_t> remembered_count{0};
};

FileChecksums::FileChecksums(std::unique_ptr<State> state) : state_(std::move(state)) {}

FileChecksums::~FileChecksums() {
  state_->store.with_lock([](State::Store& open) { State::flush(open); });
}

core::Result<std::unique_ptr<FileChecksums>> FileChecksums::open(const fs::path& database) {
  auto opened = open_database(database);
  if (!opened && opened.error().code == core::ErrorCode::kCorrupt) {
    std::error_code ignored;
    fs::remove(database, ignored);
    opened = open_database(database);
  }
  ALVEUS_TRY(opened);
  State::Store store(std::move(*opened));
  ALVEUS_TRY_ASSIGN(store.find, store.database.prepare("SELECT size, device, inode, mtime_ns, ctime_ns, sha256 FROM "
                                                       "checksum WHERE path = ?"));
  ALVEUS_TRY_ASSIGN(store.insert, store.database.prepare("INSERT OR REPLACE INTO checksum(path, size, device, inode, "
                                                         "mtime_ns, ctime_ns, sha256) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  return std::unique_ptr<FileChecksums>(new FileChecksums(std::make_unique<State>(std::move(store))));
}

core::Result<FileChecksum> FileChecksums::of(const fs::path& file) {
  const std::string& path = file.native();
  const std::scoped_lock one_reader(reading_.at(std::hash<std::string>{}(path) % reading_.size()));
  ALVEUS_TRY_ASSIGN(const FileIdentity identity, look_at(file));
  if (const auto remembered = state_->find(path); remembered && remembered->identity == identity) {
    ++state_->remembered_count;
    return FileChecksum{.sha256 = remembered->sha256, .size_bytes = identity.size_bytes};
  }
  ALVEUS_TRY_ASSIGN(auto reading, read_file(file, true));
  ++state_->read_count;
  if (reading.is_settled) {
    state_->remember(path, {.identity = reading.identity, .sha256 = reading.checksum.sha256});
  }
  return std::move(reading.checksum);
}

core::Result<FileChecksum> FileChecksums::read(const fs::path& file) {
  ALVEUS_TRY_ASSIGN(auto reading, read_file(file, false));
  return std::move(reading.checksum);
}

core::Result<std::size_t> FileChecksums::prune() {
  return state_->store.with_lock([](State::Store& open) -> core::Result<std::size_t> {
    State::flush(open);
    std::vector<std::string> stale;
    {
      ALVEUS_TRY_ASSIGN(auto rows, open.database.prepare("SELECT path, ctime_ns FROM checksum"));
      while (true) {
        ALVEUS_TRY_ASSIGN(const bool has_row, rows.step());
        if (!has_row) break;
        std::string path = rows.text(0);
        const auto identity = look_at(path);
        if (!identity || identity->ctime != rows.integer(1)) stale.push_back(std::move(path));
      }
    }
    ALVEUS_TRY_ASSIGN(auto erase, open.database.prepare("DELETE FROM checksum WHERE path = ?"));
    ALVEUS_TRY(open.database.execute("BEGIN IMMEDIATE"));
    for (const std::string& path : stale) {
      erase.bind(1, path);
      const auto done = erase.step();
      erase.reset();
      if (!done) static_cast<void>(open.database.execute("ROLLBACK"));
      ALVEUS_TRY(done);
    }
    ALVEUS_TRY(open.database.execute("COMMIT"));
    return stale.size();
  });
}

std::size_t FileChecksums::read_count() const { return state_->read_count; }
std::size_t FileChecksums::remembered_count() const { return state_->remembered_count; }

}  // namespace alveus::store
