// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "core/result.hpp"
#include "store/record.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

/// The truth about a run: its records in the order in which they were decided. Used by one thread.
class Journal {
 public:
  virtual ~Journal() = default;
  /// Adds all records, or none: after a failure (kUnavailable when the disk is full or the file is locked, kCorrupt)
  /// the journal stands as before, and what the records announce must not happen.
  virtual core::Status append(std::span<const Record> records, sys::WallTime time) = 0;
};

/// A journal in one SQLite file of mode 0600. Readers may look at it while it grows.
class SqliteJournal final : public Journal {
 public:
  /// Makes a new journal. kInvalidInput when the file is there already.
  static core::Result<std::unique_ptr<SqliteJournal>> create(const std::filesystem::path& file);
  /// Opens one to go on with it. kNotFound; kUnsupported when a newer version wrote it.
  static core::Result<std::unique_ptr<SqliteJournal>> open(const std::filesystem::path& file);
  ~SqliteJournal() override;

  core::Status append(std::span<const Record> records, sys::WallTime time) override;
  /// The journal takes no more than this from here on: a full disk at will, for tests and quotas.
  core::Status limit_pages(int pages_max);

 private:
  struct State;
  explicit SqliteJournal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace alveus::store
