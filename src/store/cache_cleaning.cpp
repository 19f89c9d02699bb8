// SPDX-License-Identifier: Apache-2.0
#include "store/cache_cleaning.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "store/detail/file_lock.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using detail::FileLock;

/// A run writes the definition of a tool a moment before the entry that names it.
constexpr std::chrono::hours kDefinitionGrace{1};

struct Used {
  std::string key;
  std::uint64_t size_bytes = 0;
  sys::WallTime last_use;
};

class Cleaning {
 public:
  Cleaning(const CacheFolder& folder, const CleaningRule& rule, sys::WallTime now)
      : folder_(folder), rule_(rule), now_(now) {}

  core::Result<CleaningReport> run() {
    // Those made after this look are seen to belong to a run: it takes its lease first.
    const std::vector<fs::path> unfinished = members(folder_.making());
    {
      ALVEUS_TRY_ASSIGN(const auto lock,
                        FileLock::take(folder_.lock_file(), FileLock::Kind::kExclusive, FileLock::Wait::kYes));
      read_leases();
      ALVEUS_TRY(choose());
    }
    for (const fs::path& place : unfinished) remove_unfinished(place);
    for (const fs::path& place : taken_out_) ALVEUS_TRY(sys::remove_tree(place));
    remove_definitions();
    if (!rule_.only_looks) {
      if (auto checksums = FileChecksums::open(folder_.checksums_file())) ALVEUS_TRY((*checksums)->prune());
    }
    return report_;
  }

 private:
  static std::vector<fs::path> members(const fs::path& directory) {
    std::vector<fs::path> paths;
    std::error_code failure;
    for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end; entry.increment(failure)) {
      paths.push_back(entry->path());
    }
    return paths;
  }

  static bool is_held(const fs::path& lease) {
    std::error_code failure;
    if (!fs::exists(lease, failure)) return false;
    const auto lock = FileLock::take(lease, FileLock::Kind::kExclusive, FileLock::Wait::kNo);
    return !lock && lock.error().code == core::ErrorCode::kUnavailable;
  }

  bool is_younger(const fs::path& file, std::chrono::hours age) const {
    std::error_code failure;
    const auto written = std::chrono::file_clock::to_sys(fs::last_write_time(file, failure));
    return !failure && std::chrono::time_point_cast<std::chrono::microseconds>(written) + age > now_;
  }

  void read_leases() {
    for (const fs::path& lease : members(folder_.path / "leases")) {
      if (!is_held(lease) && !is_younger(lease, kLeaseMax)) {
        std::error_code ignored;
        if (!rule_.only_looks) fs::remove(lease, ignored);
        continue;
      }
      const auto text = sys::read_file(lease);
      if (!text) continue;
      for (std::string& key : core::split(*text, '\n')) held_.insert(std::move(key));
    }
  }

  /// Takes entries out of the cache, the longest unused first.
  core::Status choose() {
    ALVEUS_TRY_ASSIGN(const auto keys, list_keys(folder_));
    std::vector<Used> entries;
    for (const std::string& key : keys) {
      const auto entry = read_entry(folder_, key);
      if (!entry) {
        ++report_.orphan_count;
        take_out(key);
        continue;
      }
      entries.push_back({.key = key, .size_bytes = entry->size_bytes(), .last_use = last_use(folder_, key)});
      report_.kept_bytes += entries.back().size_bytes;
    }
    report_.kept_count = entries.size();
    std::ranges::sort(entries, {}, &Used::last_use);
    for (const Used& entry : entries) {
      if (!goes(entry)) continue;
      if (held_.contains(entry.key)) {
        ++report_.in_use_count;
        continue;
      }
      --report_.kept_count;
      report_.kept_bytes -= entry.size_bytes;
      ++report_.removed_count;
      report_.removed_bytes += entry.size_bytes;
      take_out(entry.key);
    }
    return {};
  }

  bool goes(const Used& entry) const {
    if (rule_.everything) return true;
    if (rule_.older_than && entry.last_use + *rule_.older_than < now_) return true;
    return rule_.size_bytes_max && report_.kept_bytes > *rule_.size_bytes_max;
  }

  void take_out(const std::string& key) {
    if (rule_.only_looks) return;
    fs::path place = folder_.making() / ("gc+" + std::to_string(::getpid()) + "-" + std::to_string(taken_out_.size()));
    if (std::rename(folder_.entry(key).c_str(), place.c_str()) == 0) taken_out_.push_back(std::move(place));
  }

  void remove_unfinished(const fs::path& place) {
    const std::string name = place.filename().string();
    if (is_held(folder_.lease_file(name.substr(0, name.find('+'))))) return;
    ++report_.orphan_count;
    if (!rule_.only_looks) static_cast<void>(sys::remove_tree(place));
  }

  void remove_definitions() {
    std::set<std::string> needed;
    if (const auto keys = list_keys(folder_)) {
      for (const std::string& key : *keys) {
        if (const auto entry = read_entry(folder_, key)) needed.insert(entry->tool);
      }
    }
    for (const fs::path& file : members(folder_.path / "tools")) {
      if (needed.contains(file.stem().string()) || is_younger(file, kDefinitionGrace)) continue;
      ++report_.orphan_count;
      std::error_code ignored;
      if (!rule_.only_looks) fs::remove(file, ignored);
    }
  }

  const CacheFolder& folder_;
  const CleaningRule& rule_;
  sys::WallTime now_;
  std::set<std::string> held_;
  std::vector<fs::path> taken_out_;
  CleaningReport report_;
};

}  // namespace

core::Result<CleaningReport> clean_cache(const CacheFolder& folder, const CleaningRule& rule, sys::WallTime now) {
  ALVEUS_TRY(folder.check());
  return Cleaning(folder, rule, now).run();
}

}  // namespace alveus::store
