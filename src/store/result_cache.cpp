// SPDX-License-Identifier: Apache-2.0
#include "store/result_cache.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/json.hpp"
#include "core/text.hpp"
#include "store/describe_inputs.hpp"
#include "store/detail/file_lock.hpp"
#include "store/detail/kept_files.hpp"
#include "sys/file.hpp"
#include "sys/guarded.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Value;
using detail::FileLock;

constexpr std::string_view kFiles = "files/";

bool is_data(const Value& value) {
  const std::string kind = value.string_or("class", "");
  return kind == "File" || kind == "Directory";
}

/// Puts the data of an output object into an entry and their new places into the object.
class OutputKeeper {
 public:
  OutputKeeper(fs::path entry, detail::Keeping keeping) : entry_(std::move(entry)), keeping_(std::move(keeping)) {}

  core::Status keep(Value& value) { return keep_value(value, std::nullopt); }
  std::vector<KeptFile> take_files() { return std::move(files_); }

 private:
  /// `group`: the folder of the file that this one belongs to.
  core::Status keep_value(Value& value, std::optional<std::size_t> group) {
    if (value.is_array()) {
      for (Value& item : value.mutable_array()) ALVEUS_TRY(keep_value(item, group));
      return {};
    }
    if (!value.is_object()) return {};
    std::optional<std::size_t> own_group;
    if (is_data(value)) {
      ALVEUS_TRY_ASSIGN(own_group, keep_object(value, group));
    }
    for (auto& [name, member] : value.mutable_object()) {
      if (!member.is_array() && !member.is_object()) continue;
      ALVEUS_TRY(keep_value(member, name == "secondaryFiles" ? own_group : std::nullopt));
    }
    return {};
  }

  core::Result<std::optional<std::size_t>> keep_object(Value& object, std::optional<std::size_t> group) {
    const std::string location = object.string_or("location", "");
    if (location.empty() || location.starts_with("_:")) return group;
    if (const auto known = kept_.find(location); known != kept_.end()) {
      object.set("location", known->second);
      return group;
    }
    ALVEUS_TRY_ASSIGN(const fs::path path, local_path(core::Location(location)));
    const std::string name = (path.has_filename() ? path : path.parent_path()).filename().string();
    if (!group || !names_.insert({*group, name}).second) {
      group = group_count_++;
      names_.insert({*group, name});
      ALVEUS_TRY(sys::make_directories(entry_ / kFiles / std::to_string(*group)));
    }
    std::string place = std::string(kFiles) + std::to_string(*group) + "/" + name;
    ALVEUS_TRY(detail::keep_files(path, entry_ / place, entry_, keeping_, files_));
    object.mutable_object().erase("path");
    object.mutable_object().erase("dirname");
    object.set("location", place);
    kept_.emplace(location, std::move(place));
    return group;
  }

  fs::path entry_;
  detail::Keeping keeping_;
  std::vector<KeptFile> files_;
  std::map<std::string, std::string> kept_;              ///< location to its place in the entry
  std::set<std::pair<std::size_t, std::string>> names_;  ///< taken in each group
  std::size_t group_count_ = 0;
};

/// Absolute locations in the place of those that an entry has.
void place_outputs(Value& value, const fs::path& base) {
  if (value.is_array()) {
    for (Value& item : value.mutable_array()) place_outputs(item, base);
  } else if (value.is_object()) {
    const std::string location = value.string_or("location", "");
    if (is_data(value) && location.starts_with(kFiles)) {
      value.set("location", "file://" + core::encode_uri_path((base / location).string()));
    }
    for (auto& [name, member] : value.mutable_object()) {
      if (member.is_array() || member.is_object()) place_outputs(member, base);
    }
  }
}

/// Without a flush: a file that a crash of the machine took is noticed when it is read.
core::Status write_plainly(const fs::path& file, std::string_view text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(sys::system_error("make", file, errno));
  int failure = 0;
  while (!text.empty() && failure == 0) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) failure = errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure != 0) return fail(sys::system_error("write", file, failure));
  return {};
}

core::Status damaged(const std::string& what) { return fail(core::ErrorCode::kCorrupt, what); }

/// That the entry's files are there, no more and no fewer.
core::Status check_presence(const fs::path& base, const CacheEntry& entry) {
  std::size_t count = 0;
  std::error_code failure;
  if (fs::exists(base / kFiles, failure)) {
    for (fs::recursive_directory_iterator file(base / kFiles, failure), end; !failure && file != end;
         file.increment(failure)) {
      const bool is_group = file.depth() == 0;
      if (!is_group) ++count;
    }
  }
  if (failure) return damaged("it cannot be listed: " + failure.message());
  if (count != entry.files.size()) {
    return damaged("it has " + std::to_string(count) + " files and not " + std::to_string(entry.files.size()));
  }
  for (const KeptFile& file : entry.files) {
    struct stat status{};
    if (::lstat((base / file.path).c_str(), &status) != 0) return damaged("'" + file.path + "' is missing");
    const bool is_right_kind = file.is_directory ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode);
    const bool is_right_size =
        file.is_directory || static_cast<std::uint64_t>(status.st_size) == file.checksum.size_bytes;
    if (!is_right_kind || !is_right_size) return damaged("'" + file.path + "' is not what it was");
  }
  return {};
}

}  // namespace

struct ResultCache::State {
  State(ResultCacheOptions given, CacheFolder made, std::unique_ptr<FileChecksums> opened, FileLock lease_lock)
      : options(std::move(given)),
        folder(std::move(made)),
        checksums(std::move(opened)),
        lease(std::move(lease_lock)) {}

  /// A name for something that only this run makes; a cleaner knows by it whether its maker lives.
  fs::path new_place() {
    return folder.making() /
           (options.run.text() + "+" + std::to_string(::getpid()) + "-" + std::to_string(++made_count));
  }

  /// Says that this run needs the entry, unless it is gone already.
  core::Result<bool> hold(const std::string& key) {
    ALVEUS_TRY_ASSIGN(const auto lock,
                      FileLock::take(folder.lock_file(), FileLock::Kind::kShared, FileLock::Wait::kYes));
    if (::access(folder.entry_file(key).c_str(), R_OK) != 0) return false;
    return held.with_lock([&](std::set<std::string>& keys) -> core::Result<bool> {
      if (keys.contains(key)) return true;
      const std::string line = key + "\n";
      if (::write(lease.descriptor(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        return fail(sys::system_error("write", folder.lease_file(options.run.text()), errno));
      }
      keys.insert(key);
      return true;
    });
  }

  core::Status check_contents(const fs::path& base, const CacheEntry& entry) const {
    ALVEUS_TRY(check_presence(base, entry));
    for (const KeptFile& file : entry.files) {
      if (file.is_directory) continue;
      ALVEUS_TRY_ASSIGN(const auto checksum, checksums->of(base / file.path));
      if (checksum != file.checksum) return damaged("the content of '" + file.path + "' is not what it was");
    }
    return {};
  }

  /// Out of the way in one step, then away.
  void drop(const std::string& key) {
    const fs::path place = new_place();
    if (::rename(folder.entry(key).c_str(), place.c_str()) == 0) static_cast<void>(sys::remove_tree(place));
  }

  core::Result<Value> copied_outputs(const CacheEntry& entry) {
    const fs::path base = options.private_directory / (entry.key + "-" + std::to_string(++made_count));
    ALVEUS_TRY(sys::make_directories(base));
    if (!entry.files.empty()) ALVEUS_TRY(detail::copy_kept(folder.entry(entry.key) / "files", base / "files"));
    Value outputs = entry.outputs;
    place_outputs(outputs, base);
    return outputs;
  }

  core::Status write_definition(const ResultIdentity& identity) {
    const bool is_known = definitions.with_lock([&](auto& known) { return known.contains(identity.tool); });
    if (is_known) return {};
    std::error_code failure;
    const fs::path file = folder.definition_file(identity.tool);
    if (!fs::exists(file, failure)) ALVEUS_TRY(sys::write_file(file, core::to_json(identity.definition)));
    definitions.with_lock([&](auto& known) { known.insert(identity.tool); });
    return {};
  }

  core::Status make_entry(const fs::path& place, const ResultTicket& ticket, const Value& outputs, sys::WallTime time) {
    ALVEUS_TRY(sys::make_directories(place));
    const bool is_shared = options.private_directory.empty();
    OutputKeeper keeper(place, {.jobs_directory = options.jobs_directory, .may_link = is_shared});
    Value kept = outputs;
    ALVEUS_TRY(keeper.keep(kept));
    const CacheEntry entry{.key = ticket.key,
                           .run = options.run,
                           .job = ticket.job,
                           .step = ticket.step,
                           .tool = ticket.identity.tool,
                           .inputs = ticket.identity.inputs,
                           .environment = ticket.identity.environment,
                           .outputs = std::move(kept),
                           .files = keeper.take_files(),
                           .created_at = time};
    ALVEUS_TRY(write_definition(ticket.identity));
    return write_plainly(place / "entry.json", to_text(entry));
  }

  ResultCacheOptions options;
  CacheFolder folder;
  std::unique_ptr<FileChecksums> checksums;
  FileLock lease;
  sys::Guarded<std::set<std::string>> held;
  sys::Guarded<std::set<std::string>> definitions;
  std::atomic<std::size_t> made_count{0};
};

ResultCache::ResultCache(std::unique_ptr<State> state) : state_(std::move(state)) {}
ResultCache::~ResultCache() = default;

core::Result<std::unique_ptr<ResultCache>> ResultCache::open(ResultCacheOptions options) {
  std::error_code failure;
  options.directory = fs::absolute(options.directory, failure).lexically_normal();
  CacheFolder folder{.path = options.directory};
  ALVEUS_TRY(folder.make());
  ALVEUS_TRY_ASSIGN(auto checksums, FileChecksums::open(folder.checksums_file()));
  ALVEUS_TRY_ASSIGN(auto lease, FileLock::take(folder.lease_file(options.run.text()), FileLock::Kind::kExclusive,
                                               FileLock::Wait::kYes));
  if (const fs::path real = fs::canonical(options.jobs_directory, failure); !failure) options.jobs_directory = real;
  return std::unique_ptr<ResultCache>(new ResultCache(
      std::make_unique<State>(std::move(options), std::move(folder), std::move(checksums), std::move(lease))));
}

core::Result<std::optional<KeptResult>> ResultCache::find(const std::string& key) {
  State& state = *state_;
  const fs::path base = state.folder.entry(key);
  if (::access(state.folder.entry_file(key).c_str(), R_OK) != 0) return std::nullopt;
  ALVEUS_TRY_ASSIGN(const bool is_there, state.hold(key));
  if (!is_there) return std::nullopt;
  auto entry = read_entry(state.folder, key);
  const core::Status whole = entry ? state.check_contents(base, *entry) : core::Status(fail(entry.error()));
  if (!whole) {
    const auto code = whole.error().code;
    if (code != core::ErrorCode::kCorrupt && code != core::ErrorCode::kNotFound) return fail(whole.error());
    state.drop(key);
    return std::nullopt;
  }
  ::utimensat(AT_FDCWD, state.folder.entry_file(key).c_str(), nullptr, 0);  // the time of the last use
  KeptResult result{.key = key, .run = entry->run, .job = entry->job, .outputs = {}};
  if (state.options.private_directory.empty()) {
    place_outputs(entry->outputs, base);
    result.outputs = std::move(entry->outputs);
  } else {
    ALVEUS_TRY_ASSIGN(result.outputs, state.copied_outputs(*entry));
  }
  return result;
}

core::Result<std::optional<KeptResult>> ResultCache::peek(const std::string& key) const {
  auto entry = read_entry(state_->folder, key);
  if (!entry || !check_presence(state_->folder.entry(key), *entry)) return std::nullopt;
  place_outputs(entry->outputs, state_->folder.entry(key));
  return KeptResult{.key = key, .run = entry->run, .job = entry->job, .outputs = std::move(entry->outputs)};
}

core::Status ResultCache::keep(const ResultTicket& ticket, const Value& outputs, sys::WallTime time) {
  State& state = *state_;
  std::error_code failure;
  if (fs::exists(state.folder.entry_file(ticket.key), failure)) return {};
  const fs::path place = state.new_place();
  core::Status made = state.make_entry(place, ticket, outputs, time);
  const fs::path entry = state.folder.entry(ticket.key);
  if (made) made = sys::make_directories(entry.parent_path());
  // A folder that is not empty is never replaced: of two that make the same entry the first one wins.
  if (made && ::rename(place.c_str(), entry.c_str()) == 0) return {};
  if (made && errno != ENOTEMPTY && errno != EEXIST) made = fail(sys::system_error("make the entry", entry, errno));
  static_cast<void>(sys::remove_tree(place));
  return made;
}

void ResultCache::release() {
  std::error_code ignored;
  fs::remove(state_->folder.lease_file(state_->options.run.text()), ignored);
}

FileChecksums& ResultCache::checksums() { return *state_->checksums; }
const CacheFolder& ResultCache::folder() const { return state_->folder; }

}  // namespace alveus::store
