// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace alveus::store::detail {

struct CloseDatabase {
  void operator()(sqlite3* database) const;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const;
};

/// A prepared statement. Bound text is borrowed until the next `reset`.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  void bind(int index, std::int64_t number);
  void bind(int index, std::string_view text);
  /// True when there is a row to read.
  core::Result<bool> step();
  void reset();

  std::int64_t integer(int column) const;
  std::string text(int column) const;

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle_;
};

enum class OpenMode { kReadOnly, kReadWrite };

/// A connection to a database file that exists.
class Database {
 public:
  static core::Result<Database> open(const std::filesystem::path& file, OpenMode mode);

  core::Status execute(const std::string& sql);
  core::Result<Statement> prepare(std::string_view sql);
  core::Result<std::int64_t> integer(std::string_view sql);

 private:
  Database(std::unique_ptr<sqlite3, CloseDatabase> handle, std::filesystem::path file)
      : handle_(std::move(handle)), file_(std::move(file)) {}
  std::unique_ptr<sqlite3, CloseDatabase> handle_;
  std::filesystem::path file_;
};

}  // namespace alveus::store::detail
