// SPDX-License-Identifier: Apache-2.0
#include "store/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "core/json.hpp"
#include "store/detail/format.hpp"
#include "store/detail/sqlite.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

/// Makes the file itself, so that no other user can read it from its first moment on. SQLite gives its two companions
/// the same mode.
core::Status make_private_file(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) {
      return core::fail(core::ErrorCode::kInvalidInput, "the journal '" + file.string() + "' is there already");
    }
    return core::fail(sys::system_error("create the journal", file, errno));
  }
  ::close(descriptor);
  return {};
}

/// The tables of a new journal; everything is in the file when this returns, and nothing beside it.
core::Status make_tables(const std::filesystem::path& file) {
  ALVEUS_TRY_ASSIGN(auto database, detail::Database::open(file, detail::OpenMode::kReadWrite));
  ALVEUS_TRY(database.execute("PRAGMA journal_mode = WAL"));
  ALVEUS_TRY(database.execute("PRAGMA synchronous = NORMAL"));
  return database.execute(
      "CREATE TABLE event("
      "sequence INTEGER PRIMARY KEY, "
      "time_us INTEGER NOT NULL, "
      "kind TEXT NOT NULL, "
      "subject TEXT NOT NULL, "
      "detail TEXT NOT NULL); "
      "PRAGMA user_version = " +
      std::to_string(detail::kFormatVersion));
}

}  // namespace

struct SqliteJournal::State {
  detail::Database database;
  detail::Statement begin;
  detail::Statement insert;
  detail::Statement commit;
  detail::Statement rollback;

  static core::Result<std::unique_ptr<State>> make(detail::Database database) {
    ALVEUS_TRY_ASSIGN(auto begin, database.prepare("BEGIN IMMEDIATE"));
    ALVEUS_TRY_ASSIGN(auto insert,
                      database.prepare("INSERT INTO event(time_us, kind, subject, detail) VALUES (?, ?, ?, ?)"));
    ALVEUS_TRY_ASSIGN(auto commit, database.prepare("COMMIT"));
    ALVEUS_TRY_ASSIGN(auto rollback, database.prepare("ROLLBACK"));
    return std::make_unique<State>(
        State{std::move(database), std::move(begin), std::move(insert), std::move(commit), std::move(rollback)});
  }

  static core::Status run(detail::Statement& statement) {
    const auto done = statement.step();
    statement.reset();
    ALVEUS_TRY(done);
    return {};
  }

  core::Status insert_all(std::span<const Record> records, sys::WallTime time) {
    for (const Record& record : records) {
      const Row row = encode(record);
      const std::string detail = core::to_json(row.detail);
      insert.bind(1, std::int64_t{time.time_since_epoch().count()});
      insert.bind(2, row.kind);
      insert.bind(3, row.subject);
      insert.bind(4, detail);
      ALVEUS_TRY(run(insert));
    }
    return {};
  }
};

SqliteJournal::SqliteJournal(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteJournal::~SqliteJournal() = default;

core::Result<std::unique_ptr<SqliteJournal>> SqliteJournal::create(const std::filesystem::path& file) {
  if (std::filesystem::exists(std::filesystem::symlink_status(file))) {
    return core::fail(core::ErrorCode::kInvalidInput, "the journal '" + file.string() + "' is there already");
  }
  // It gets its name when it is whole: who is killed before leaves no journal, and a reader never meets half a one.
  std::filesystem::path unfinished = file;
  unfinished += ".new";
  ALVEUS_TRY(make_private_file(unfinished));
  ALVEUS_TRY(make_tables(unfinished));
  if (std::rename(unfinished.c_str(), file.c_str()) != 0) {
    return core::fail(sys::system_error("create the journal", file, errno));
  }
  return open(file);
}

core::Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    return core::fail(core::ErrorCode::kNotFound, "there is no journal '" + file.string() + "'");
  }
  ALVEUS_TRY_ASSIGN(auto database, detail::Database::open(file, detail::OpenMode::kReadWrite));
  ALVEUS_TRY(detail::check_format(database, file));
  // Records of this version follow those of the older one, which it reads.
  ALVEUS_TRY(database.execute("PRAGMA user_version = " + std::to_string(detail::kFormatVersion)));
  ALVEUS_TRY(database.execute("PRAGMA synchronous = NORMAL"));
  ALVEUS_TRY_ASSIGN(auto state, State::make(std::move(database)));
  return std::unique_ptr<SqliteJournal>(new SqliteJournal(std::move(state)));
}

core::Status SqliteJournal::append(std::span<const Record> records, sys::WallTime time) {
  if (records.empty()) return {};
  ALVEUS_TRY(State::run(state_->begin));
  core::Status written = state_->insert_all(records, time);
  if (written) written = State::run(state_->commit);
  if (!written) {
    // SQLite may have rolled back by itself; what matters is the first failure.
    static_cast<void>(State::run(state_->rollback));
    return core::fail(std::move(written).error().with("while recording what the run does next"));
  }
  return {};
}

core::Status SqliteJournal::limit_pages(int pages_max) {
  return state_->database.execute("PRAGMA max_page_count = " + std::to_string(pages_max));
}

}  // namespace alveus::store
