// SPDX-License-Identifier: Apache-2.0
#include "store/detail/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

#include "core/check.hpp"

namespace alveus::store::detail {
namespace {

/// A reader or a backup may hold the file for a moment; longer than this is a fault to report.
constexpr int kBusyTimeoutMs = 5000;

core::ErrorCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM: return core::ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return core::ErrorCode::kCorrupt;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH: return core::ErrorCode::kDenied;
    default: return core::ErrorCode::kInternal;
  }
}

core::Error error_of(sqlite3* database, int result, const std::string& file) {
  const char* text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
  return {.code = code_of(result), .message = "the database '" + file + "' cannot be used: " + text};
}

}  // namespace

void CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void FinalizeStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int index, std::int64_t number) {
  const int result = sqlite3_bind_int64(handle_.get(), index, number);
  ALVEUS_CHECK(result == SQLITE_OK, "the statement has such a parameter");
}

void Statement::bind(int index, std::string_view text) {
  // Null bytes and lengths beyond 2 GiB do not occur: the text is JSON or a name.
  const int result = sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  ALVEUS_CHECK(result == SQLITE_OK || result == SQLITE_TOOBIG, "the statement has such a parameter");
}

core::Result<bool> Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  sqlite3* database = sqlite3_db_handle(handle_.get());
  const char* file = sqlite3_db_filename(database, "main");
  return core::fail(error_of(database, result, file == nullptr ? "" : file));
}

void Statement::reset() {
  // Its result repeats the failure that `step` has reported.
  static_cast<void>(sqlite3_reset(handle_.get()));
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

core::Result<Database> Database::open(const std::filesystem::path& file, OpenMode mode) {
  sqlite3* raw = nullptr;
  const int flags = mode == OpenMode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  const int result = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  std::unique_ptr<sqlite3, CloseDatabase> handle(raw);
  if (result != SQLITE_OK) return core::fail(error_of(raw, result, file.string()));
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  return Database(std::move(handle), file);
}

core::Status Database::execute(const std::string& sql) {
  const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return core::fail(error_of(handle_.get(), result, file_.string()));
  return {};
}

core::Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int result = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  Statement statement(raw);
  if (result != SQLITE_OK) return core::fail(error_of(handle_.get(), result, file_.string()));
  return statement;
}

core::Result<std::int64_t> Database::integer(std::string_view sql) {
  ALVEUS_TRY_ASSIGN(auto statement, prepare(sql));
  ALVEUS_TRY_ASSIGN(const bool has_row, statement.step());
  return has_row ? statement.integer(0) : 0;
}

}  // namespace alveus::store::detail
