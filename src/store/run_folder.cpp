// SPDX-License-Identifier: Apache-2.0
#include "store/run_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <functional>
#include <optional>
#include <system_error>
#include <utility>

#include "core/json.hpp"
#include "store/detail/sqlite.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

/// The first and the last record alone: a listing must not read whole journals.
core::Result<RunListing> read_listing(RunFolder folder) {
  ALVEUS_TRY_ASSIGN(auto database, detail::Database::open(folder.journal_file(), detail::OpenMode::kReadOnly));
  ALVEUS_TRY_ASSIGN(auto rows, database.prepare("SELECT time_us, kind, subject, detail FROM event WHERE sequence IN "
                                                "(SELECT min(sequence) FROM event UNION SELECT max(sequence) FROM "
                                                "event) ORDER BY sequence"));
  RunListing listing{.folder = std::move(folder)};
  bool has_start = false;
  while (true) {
    ALVEUS_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    listing.last_record_at = sys::WallTime(std::chrono::microseconds(rows.integer(0)));
    // What a newer version wrote last is no reason not to list the run.
    if (rows.text(1) != "run-started" && rows.text(1) != "run-ended") continue;
    ALVEUS_TRY_ASSIGN(auto detail, core::parse_json(rows.text(3)));
    ALVEUS_TRY_ASSIGN(const auto record,
                      decode({.kind = rows.text(1), .subject = rows.text(2), .detail = std::move(detail)}));
    if (const auto* started = std::get_if<RunStarted>(&record)) {
      listing.started_at = sys::WallTime(std::chrono::microseconds(rows.integer(0)));
      listing.description = started->description;
      has_start = true;
    } else if (const auto* ended = std::get_if<RunEnded>(&record)) {
      listing.status = ended->status;
    }
  }
  if (!has_start) return core::fail(core::ErrorCode::kCorrupt, "the journal does not begin with the run's start");
  return listing;
}

/// Ids tell the second of a run's start; among those of the last one the journals tell which began last.
const std::string& latest_of(const std::filesystem::path& runs, const std::vector<std::string>& sorted) {
  constexpr std::size_t kSecondLength = 15;
  const std::string_view second = std::string_view(sorted.back()).substr(0, kSecondLength);
  const std::string* latest = &sorted.back();
  std::optional<sys::WallTime> started_at;
  for (auto run = sorted.rbegin(); run != sorted.rend() && run->starts_with(second); ++run) {
    const auto listing = read_listing({.run = core::RunId(*run), .path = runs / *run});
    if (!listing || (started_at && listing->started_at <= *started_at)) continue;
    started_at = listing->started_at;
    latest = &*run;
  }
  return *latest;
}

}  // namespace

core::RunId make_run_id(sys::WallTime time, std::uint64_t chance) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &calendar);
  std::array<char, 16> tail{};
  std::snprintf(tail.data(), tail.size(), "-%08x", static_cast<unsigned>(chance & 0xffffffffU));
  return core::RunId(std::string(text.data(), length) + tail.data());
}

core::Result<RunFolder> make_run_folder(const std::filesystem::path& runs, const core::RunId& run) {
  if (run.empty() || run.text().find('/') != std::string::npos || run.text().front() == '.') {
    return core::fail(core::ErrorCode::kInvalidInput, "'" + run.text() + "' cannot name a run");
  }
  ALVEUS_TRY(sys::make_directories(runs));
  RunFolder folder{.run = run, .path = runs / run.text()};
  if (::mkdir(folder.path.c_str(), 0700) != 0) {
    if (errno == EEXIST) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "there is a run '" + run.text() + "' in '" + runs.string() + "' already");
    }
    return core::fail(sys::system_error("make the run's folder", folder.path, errno));
  }
  return folder;
}

core::Result<RunFolder> find_run_folder(const std::filesystem::path& runs, std::string_view name) {
  std::vector<std::string> matches;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(runs, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string run = entry->path().filename().string();
    if (name.empty() || (name != "last" && !run.starts_with(name))) continue;
    if (!std::filesystem::exists(entry->path() / "journal.db")) continue;
    if (run == name) return RunFolder{.run = core::RunId(run), .path = entry->path()};
    matches.push_back(run);
  }
  std::ranges::sort(matches);
  if (matches.empty()) {
    return core::fail(core::ErrorCode::kNotFound,
                      "there is no run '" + std::string(name) + "' in '" + runs.string() + "'");
  }
  if (name != "last" && matches.size() > 1) {
    return core::fail(core::ErrorCode::kInvalidInput, "'" + std::string(name) + "' may be " + matches.front() + " or " +
                                                          matches.back() + "; name more of it");
  }
  const std::string& found = name == "last" ? latest_of(runs, matches) : matches.back();
  return RunFolder{.run = core::RunId(found), .path = runs / found};
}

core::Result<std::vector<RunListing>> list_runs(const std::filesystem::path& runs, std::size_t latest_max) {
  std::vector<RunListing> listings;
  std::error_code failure;
  std::filesystem::directory_iterator entries(runs, failure);
  if (failure == std::errc::no_such_file_or_directory) return listings;
  if (failure) return core::fail(sys::system_error("list the runs", runs, failure.value()));
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : entries) folders.push_back(entry.path());
  std::ranges::sort(folders, std::ranges::greater{});  // ids begin with their time
  for (const auto& path : folders) {
    if (listings.size() == latest_max) break;
    RunFolder folder{.run = core::RunId(path.filename().string()), .path = path};
    if (!std::filesystem::exists(folder.journal_file(), failure)) continue;
    if (auto listing = read_listing(std::move(folder))) listings.push_back(std::move(*listing));
  }
  std::ranges::sort(listings, {}, [](const RunListing& run) { return std::pair(run.started_at, run.folder.run); });
  return listings;
}

}  // namespace alveus::store
