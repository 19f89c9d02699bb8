// SPDX-License-Identifier: Apache-2.0
#include "store/journal_reader.hpp"

#include <string>
#include <utility>

#include "core/json.hpp"
#include "store/detail/format.hpp"
#include "store/detail/sqlite.hpp"

namespace alveus::store {
namespace {

core::Result<TimedRecord> read_record(const detail::Statement& row) {
  auto detail = core::parse_json(row.text(4));
  if (!detail) return core::fail(core::ErrorCode::kCorrupt, "a detail is no JSON: " + detail.error().text());
  ALVEUS_TRY_ASSIGN(auto record, decode({.kind = row.text(2), .subject = row.text(3), .detail = std::move(*detail)}));
  return TimedRecord{.sequence = row.integer(0),
                     .time = sys::WallTime(std::chrono::microseconds(row.integer(1))),
                     .record = std::move(record)};
}

}  // namespace

core::Status read_journal(const std::filesystem::path& journal_file,
                          const std::function<core::Status(TimedRecord record)>& take) {
  if (!std::filesystem::exists(journal_file)) {
    return core::fail(core::ErrorCode::kNotFound, "there is no journal '" + journal_file.string() + "'");
  }
  ALVEUS_TRY_ASSIGN(auto database, detail::Database::open(journal_file, detail::OpenMode::kReadOnly));
  ALVEUS_TRY(detail::check_format(database, journal_file));
  ALVEUS_TRY_ASSIGN(auto rows,
                    database.prepare("SELECT sequence, time_us, kind, subject, detail FROM event ORDER BY sequence"));
  while (true) {
    ALVEUS_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return {};
    auto record = read_record(rows);
    if (!record) {
      return core::fail(std::move(record).error().with("in '" + journal_file.string() + "', record " +
                                                       std::to_string(rows.integer(0))));
    }
    ALVEUS_TRY(take(std::move(*record)));
  }
}

}  // namespace alveus::store
