// SPDX-License-Identifier: Apache-2.0
#include "store/cache_entry.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/json.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using core::fail;
using core::Object;
using core::Value;

constexpr std::string_view kFormat = "alveus result cache, format 1\n";
constexpr std::size_t kKeyLength = 64;

Value value_of(const KeptFile& file) {
  if (file.is_directory) return Object{{"path", file.path}, {"directory", true}};
  return Object{{"path", file.path},
                {"size", static_cast<std::int64_t>(file.checksum.size_bytes)},
                {"sha256", file.checksum.sha256}};
}

core::Result<KeptFile> parse_file(const Value& value) {
  KeptFile file{
      .path = value.string_or("path", ""), .is_directory = value.find("directory") != nullptr, .checksum = {}};
  const Value* size = value.find("size");
  const bool has_size = size != nullptr && size->is_integer() && size->as_integer() >= 0;
  const fs::path path(file.path);
  const bool leads_out = path.is_absolute() || std::ranges::find(path, "..") != path.end() || path.empty();
  if (leads_out || (!file.is_directory && !has_size)) return fail(ErrorCode::kCorrupt, "a file is not described");
  if (has_size) {
    file.checksum = {.sha256 = value.string_or("sha256", ""),
                     .size_bytes = static_cast<std::uint64_t>(size->as_integer())};
  }
  return file;
}

}  // namespace

std::uint64_t CacheEntry::size_bytes() const {
  std::uint64_t sum = 0;
  for (const KeptFile& file : files) sum += file.checksum.size_bytes;
  return sum;
}

core::Status CacheFolder::check() const {
  std::error_code failure;
  if (!fs::exists(path / "format", failure)) {
    return fail(ErrorCode::kNotFound, "there is no cache in '" + path.string() + "'; a run with --cache makes one");
  }
  ALVEUS_TRY_ASSIGN(const std::string format, sys::read_file(path / "format", 1000));
  if (format == kFormat) return {};
  return fail(ErrorCode::kUnsupported,
              "the cache in '" + path.string() + "' was made by another version; name another folder or remove it");
}

core::Status CacheFolder::make() const {
  std::error_code failure;
  if (fs::exists(path / "format", failure)) return check();
  const bool is_new = !fs::exists(path, failure);
  ALVEUS_TRY(sys::make_directories(path));
  // What jobs yield may be as private as their inputs: who shares a cache opens the folder himself.
  if (is_new && ::chmod(path.c_str(), 0700) != 0) return fail(sys::system_error("make private", path, errno));
  for (const char* part : {"entries", "tools", "leases", "making"}) ALVEUS_TRY(sys::make_directories(path / part));
  return sys::write_file(path / "format", kFormat);
}

std::string to_text(const CacheEntry& entry) {
  core::Array files;
  for (const KeptFile& file : entry.files) files.push_back(value_of(file));
  const Value document = Object{{"key", entry.key},
                                {"run", entry.run.text()},
                                {"job", entry.job.text()},
                                {"step", entry.step.text()},
                                {"created_us", std::int64_t{entry.created_at.time_since_epoch().count()}},
                                {"tool", entry.tool},
                                {"inputs", entry.inputs},
                                {"environment", entry.environment},
                                {"outputs", entry.outputs},
                                {"files", std::move(files)}};
  return core::to_json(document) + "\n";
}

core::Result<CacheEntry> parse_entry(const std::string& text) {
  auto parsed = core::parse_json(text);
  if (!parsed) return fail(ErrorCode::kCorrupt, "an entry of the cache is no JSON: " + parsed.error().text());
  const Value& document = *parsed;
  const auto member = [&](std::string_view name) {
    const Value* found = document.find(name);
    return found == nullptr ? Value() : *found;
  };
  const Value files = member("files");
  const Value created = member("created_us");
  CacheEntry entry{.key = document.string_or("key", ""),
                   .run = core::RunId(document.string_or("run", "")),
                   .job = core::JobId(document.string_or("job", "")),
                   .step = core::StepPath(document.string_or("step", "")),
                   .tool = document.string_or("tool", ""),
                   .inputs = member("inputs"),
                   .environment = member("environment"),
                   .outputs = member("outputs"),
                   .files = {},
                   .created_at = {}};
  if (entry.key.size() != kKeyLength || !entry.outputs.is_object() || !files.is_array() || !created.is_integer()) {
    return fail(ErrorCode::kCorrupt, "an entry of the cache is incomplete");
  }
  entry.created_at = sys::WallTime(std::chrono::microseconds(created.as_integer()));
  for (const Value& file : files.as_array()) {
    ALVEUS_TRY_ASSIGN(KeptFile kept, parse_file(file));
    entry.files.push_back(std::move(kept));
  }
  return entry;
}

core::Result<CacheEntry> read_entry(const CacheFolder& folder, const std::string& key) {
  ALVEUS_TRY_ASSIGN(const std::string text, sys::read_file(folder.entry_file(key)));
  auto entry = parse_entry(text);
  if (entry && entry->key != key) return fail(ErrorCode::kCorrupt, "an entry of the cache has the key of another");
  return entry;
}

core::Result<Value> read_definition(const CacheFolder& folder, const std::string& tool) {
  ALVEUS_TRY_ASSIGN(const std::string text, sys::read_file(folder.definition_file(tool)));
  auto definition = core::parse_json(text);
  if (!definition || digest_of(*definition) != tool) {
    return fail(ErrorCode::kCorrupt, "the tool '" + tool + "' in the cache is damaged");
  }
  return definition;
}

sys::WallTime last_use(const CacheFolder& folder, const std::string& key) {
  struct stat status{};
  if (::stat(folder.entry_file(key).c_str(), &status) != 0) return {};
  return sys::WallTime(
      std::chrono::microseconds(std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1000));
}

core::Result<std::vector<std::string>> list_keys(const CacheFolder& folder) {
  std::vector<std::string> keys;
  std::error_code failure;
  for (fs::directory_iterator group(folder.path / "entries", failure), end; !failure && group != end;
       group.increment(failure)) {
    std::error_code gone;  // another process may be at work
    for (fs::directory_iterator entry(group->path(), gone); !gone && entry != end; entry.increment(gone)) {
      std::string key = entry->path().filename().string();
      if (key.size() == kKeyLength) keys.push_back(std::move(key));
    }
  }
  if (failure) return fail(sys::system_error("list the cache", folder.path, failure.value()));
  std::ranges::sort(keys);
  return keys;
}

}  // namespace alveus::store
