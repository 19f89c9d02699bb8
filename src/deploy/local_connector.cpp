// SPDX-License-Identifier: Apache-2.0
#include "deploy/local_connector.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "deploy/container_engine.hpp"
#include "deploy/detail/job_folders.hpp"
#include "deploy/detail/local_tree.hpp"
#include "sys/file.hpp"

namespace alveus::deploy {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::RemotePath;
using sys::system_error;

constexpr std::chrono::milliseconds kCancelGrace{5000};
constexpr std::size_t kPieceBytes = std::size_t{1} << 17U;

fs::path local(const RemotePath& path) { return fs::path(path.text()); }
RemotePath remote(const fs::path& path) { return RemotePath(path.string()); }

core::Result<SiteEntry> entry_at(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail(system_error("cannot look at", path, errno));
  const bool is_directory = S_ISDIR(status.st_mode);
  return SiteEntry{.name = path.filename().string(),
                   .path = remote(path),
                   .kind = is_directory ? EntryKind::kDirectory : EntryKind::kFile,
                   .size_bytes = is_directory ? 0 : static_cast<std::uint64_t>(status.st_size),
                   .is_executable = !is_directory && (status.st_mode & S_IXUSR) != 0};
}

/// A file open for reading or writing; closed at the end of its scope.
class OpenFile {
 public:
  static core::Result<OpenFile> for_reading(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return fail(system_error("cannot open", path, errno));
    return OpenFile(path, descriptor);
  }
  /// A file that was not there before.
  static core::Result<OpenFile> for_writing(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return fail(system_error("cannot make", path, errno));
    return OpenFile(path, descriptor);
  }
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(OpenFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;

  /// Up to `limit_bytes`; empty at the end.
  core::Result<std::string> read_piece(std::size_t limit_bytes) const {
    std::string piece(limit_bytes, '\0');
    while (true) {
      const ssize_t count = ::read(descriptor_, piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(system_error("cannot read", path_, errno));
      piece.resize(static_cast<std::size_t>(count));
      return piece;
    }
  }

  core::Status write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(system_error("cannot write", path_, errno));
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  core::Status close() {
    if (::close(std::exchange(descriptor_, -1)) == 0) return {};
    return fail(system_error("cannot write", path_, errno));
  }

 private:
  OpenFile(fs::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  fs::path path_;
  int descriptor_;
};

/// Makes a file where nothing stands, and removes it when that fails.
core::Status make_file(const fs::path& path, const Connector::Producer& produce) {
  ALVEUS_TRY_ASSIGN(OpenFile file, OpenFile::for_writing(path));
  auto written = produce([&](std::string_view piece) { return file.write_all(piece); });
  if (written) written = file.close();
  if (!written) ::unlink(path.c_str());
  return written;
}

}  // namespace

LocalConnector::LocalConnector(sys::ProcessRunner& runner, LocalConnectorOptions options)
    : runner_(runner),
      options_(std::move(options)),
      folders_(std::make_unique<detail::JobFolders>(options_.jobs_directory.string())) {}

core::Result<std::unique_ptr<LocalConnector>> LocalConnector::make(sys::ProcessRunner& runner,
                                                                   LocalConnectorOptions options) {
  std::error_code failure;
  options.jobs_directory = fs::absolute(options.jobs_directory, failure);
  ALVEUS_TRY(sys::make_directories(options.jobs_directory));
  // Jobs are told paths without links, so that what they print can be compared with what they were given.
  options.jobs_directory = fs::canonical(options.jobs_directory, failure);
  if (failure) return fail(system_error("cannot use", options.jobs_directory, failure.value()));
  std::unique_ptr<LocalConnector> connector(new LocalConnector(runner, std::move(options)));
  LocalConnector& made = *connector;
  made.containers_ = std::make_unique<ContainerRuntime>(
      made, made.options_.containers, [&made](const ContainerEngine& engine) { return made.watch_containers(engine); },
      &made.meter_);
  return connector;
}

LocalConnector::~LocalConnector() {
  if (last_will_ && containers_->has_running()) last_will_->confirm();
}

core::Status LocalConnector::watch_containers(const ContainerEngine& engine) {
  const sys::LastWill will{.find = list_arguments(engine, options_.containers.run),
                           .then = {kill_arguments(engine), remove_arguments(engine)},
                           .environment = engine.environment};
  ALVEUS_TRY_ASSIGN(last_will_, sys::LastWillExecutor::make(will));
  return {};
}

core::Result<std::optional<ContainerImage>> LocalConnector::prepare_image(const ImageSource& source) {
  return containers_->prepare_image(source);
}

core::Result<bool> LocalConnector::can_contain(const ImageSource& source) { return containers_->can_contain(source); }

core::Result<std::optional<ContainerImage>> LocalConnector::find_image(const ImageSource& source) {
  return containers_->find_image(source);
}

core::Status LocalConnector::require_container_engine() {
  ALVEUS_TRY(containers_->engine());
  return {};
}

core::Result<JobFolder> LocalConnector::make_job_folder(const core::JobId& job) { return folders_->make(job); }

void LocalConnector::retire_job_folder(const JobFolder& folder, JobRemains remains) {
  if (!folders_->retire(folder, remains)) static_cast<void>(remove(folder.tmpdir));
}

core::Result<CommandHandle> LocalConnector::start(const SiteCommand& command, OnEnd on_end) {
  if (command.container) return containers_->start(command, std::move(on_end));
  sys::ProcessCommand process{.arguments = command.arguments,
                              .environment = command.environment,
                              .working_directory = local(command.working_directory),
                              .stdin_file = local(command.stdin_path.value_or(RemotePath())),
                              .stdout_file = local(command.stdout_path.value_or(command.log_path)),
                              .stderr_file = local(command.stderr_path.value_or(command.log_path)),
                              .time_limit = command.time_limit,
                              .own_folder = local(command.folder),
                              .memory_limit_bytes = command.memory_limit_bytes,
                              .memory_expected_bytes = command.memory_expected_bytes};
  auto report = [on_end = std::move(on_end)](const sys::ProcessEnd& end) {
    on_end(CommandEnd{.exit_code = end.exit_code,
                      .timed_out = end.timed_out,
                      .killed = end.killed,
                      .cpu_time = end.cpu_time,
                      .resident_max_bytes = end.resident_max_bytes,
                      .signal = end.signal,
                      .memory_excess_bytes = end.memory_excess_bytes,
                      .left_behind = end.left_behind});
  };
  ALVEUS_TRY_ASSIGN(const sys::ProcessId id, runner_.start(process, std::move(report)));
  return std::to_string(id);
}

void LocalConnector::cancel(const CommandHandle& command) {
  if (containers_->cancel(command)) return;
  sys::ProcessId id = 0;
  const auto [end, failure] = std::from_chars(command.data(), command.data() + command.size(), id);
  if (failure == std::errc() && end == command.data() + command.size()) runner_.kill(id, kCancelGrace);
}

std::vector<RunningUsage> LocalConnector::usage() {
  std::vector<RunningUsage> all;
  for (const sys::ProcessUsage& process : runner_.usage()) {
    RunningUsage usage{.command = std::to_string(process.process),
                       .resident_bytes = process.resident_bytes,
                       .cpu_time = process.cpu_time,
                       .cores = process.cores};
    // Of a container the process is but the engine's client.
    if (const auto inside = containers_->usage(usage.command)) {
      if (!inside->cpu_time || !inside->resident_bytes) continue;
      usage.resident_bytes = *inside->resident_bytes;
      usage.cpu_time = *inside->cpu_time;
      usage.cores = inside->cores;
    }
    all.push_back(std::move(usage));
  }
  return all;
}

core::Location LocalConnector::location_of(const RemotePath& path) const {
  return core::Location("file://" + core::encode_uri_path(path.text()));
}

core::Result<RemotePath> LocalConnector::path_of(const core::Location& location) const {
  std::string_view text = location.text();
  const bool has_authority = text.starts_with("file://");
  for (const std::string_view prefix : {"file:///", "file://localhost/", "file:/"}) {
    if (!text.starts_with(prefix) || (has_authority && prefix == "file:/")) continue;
    text.remove_prefix(prefix.size() - 1);
    return RemotePath(core::decode_uri(text));
  }
  return fail(core::ErrorCode::kNotFound, "'" + location.text() + "' is no place on this machine (file:///…)");
}

core::Result<SiteEntry> LocalConnector::status(const RemotePath& path) const { return entry_at(local(path)); }

core::Result<std::vector<SiteEntry>> LocalConnector::list(const RemotePath& directory) const {
  const fs::path path = local(directory);
  std::error_code failure;
  std::vector<SiteEntry> entries;
  for (fs::directory_iterator member(path, failure), end; !failure && member != end; member.increment(failure)) {
    if (auto entry = entry_at(member->path())) {
      entries.push_back(std::move(*entry));
    } else if (entry.error().code != core::ErrorCode::kNotFound) {
      return fail(std::move(entry).error());
    }
  }
  if (failure) return fail(system_error("cannot list", path, failure.value()));
  std::ranges::sort(entries, {}, &SiteEntry::name);
  return entries;
}

core::Result<std::vector<SiteLink>> LocalConnector::links(const RemotePath& tree) const {
  ALVEUS_TRY_ASSIGN(auto found, detail::links_in(local(tree)));
  std::vector<SiteLink> links;
  for (auto& [path, target] : found) links.push_back({.path = remote(path), .target = std::move(target)});
  return links;
}

core::Result<std::string> LocalConnector::read(const RemotePath& file, std::uint64_t limit_bytes) const {
  ALVEUS_TRY_ASSIGN(const OpenFile source, OpenFile::for_reading(local(file)));
  std::string content;
  while (content.size() < limit_bytes) {
    const std::uint64_t wanted = std::min<std::uint64_t>(kPieceBytes, limit_bytes - content.size());
    ALVEUS_TRY_ASSIGN(const std::string piece, source.read_piece(static_cast<std::size_t>(wanted)));
    if (piece.empty()) break;
    content += piece;
  }
  return content;
}

core::Result<std::string> LocalConnector::sha1(const RemotePath& file) const {
  core::Hasher hasher(core::HashKind::kSha1);
  ALVEUS_TRY(fetch(file, [&](std::string_view piece) -> core::Status {
    hasher.add(piece);
    return {};
  }));
  return hasher.finish();
}

core::Result<std::vector<SiteEntry>> LocalConnector::glob(const RemotePath& directory, std::string_view pattern) const {
  ALVEUS_TRY_ASSIGN(const auto paths, detail::glob_paths(local(directory), pattern));
  std::vector<SiteEntry> entries;
  for (const auto& path : paths) {
    if (auto entry = entry_at(path)) entries.push_back(std::move(*entry));
  }
  return entries;
}

core::Status LocalConnector::make_directory(const RemotePath& path) { return sys::make_directories(local(path)); }

core::Status LocalConnector::write(const RemotePath& file, std::string_view contents) {
  return store(file, [&](const TakePiece& take) { return take(contents); });
}

core::Status LocalConnector::set_executable(const RemotePath& file) {
  const fs::path path = local(file);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail(system_error("cannot look at", path, errno));
  // Whoever may read it may run it.
  const mode_t may_read = status.st_mode & (S_IRUSR | S_IRGRP | S_IROTH);
  const mode_t mode = (status.st_mode & 07777U) | S_IXUSR | (may_read >> 2U);
  if (::chmod(path.c_str(), mode) != 0) return fail(system_error("cannot make executable", path, errno));
  return {};
}

core::Status LocalConnector::link(const RemotePath& from, const RemotePath& to) {
  std::error_code failure;
  const fs::path source = fs::canonical(local(from), failure);
  if (failure) return fail(system_error("cannot link to", local(from), failure.value()));
  const fs::path target = local(to);
  if (options_.link_kind == LinkKind::kHard && fs::is_regular_file(source, failure)) {
    if (::link(source.c_str(), target.c_str()) == 0) return {};
    if (errno != EXDEV && errno != EMLINK && errno != EPERM) return fail(system_error("cannot make", target, errno));
  }
  if (detail::make_short_link(source, target, options_.jobs_directory)) return {};
  if (::symlink(source.c_str(), target.c_str()) != 0) return fail(system_error("cannot make", target, errno));
  return {};
}

core::Status LocalConnector::copy(const RemotePath& from, const RemotePath& to) {
  return detail::copy_tree(local(from), local(to));
}

core::Status LocalConnector::replace(const RemotePath& from, const RemotePath& to) {
  return detail::replace_tree(local(from), local(to));
}

core::Status LocalConnector::require_ours(const RemotePath& path) const {
  const fs::path given = local(path).lexically_normal();
  // A job's own folder: no link can be on the way.
  if (given.has_filename() && given.parent_path() == options_.jobs_directory) return {};
  std::error_code failure;
  const fs::path parent = fs::weakly_canonical(given.parent_path(), failure);
  const fs::path resolved = parent / given.filename();
  if (!failure && resolved != options_.jobs_directory && detail::lies_within(resolved, options_.jobs_directory)) {
    return {};
  }
  return fail(core::ErrorCode::kDenied, "'" + path.text() +
                                            "' stays where it is: it does not lie in a job's folder below '" +
                                            options_.jobs_directory.string() + "'");
}

core::Status LocalConnector::make_self_contained(const RemotePath& path) {
  ALVEUS_TRY(require_ours(path));
  return detail::make_self_contained(local(path));
}

core::Status LocalConnector::move(const RemotePath& from, const RemotePath& to) {
  ALVEUS_TRY(require_ours(from));
  return detail::move_tree(local(from), local(to));
}

core::Status LocalConnector::remove(const RemotePath& path) {
  ALVEUS_TRY(require_ours(path));
  return sys::remove_tree(local(path));
}

core::Status LocalConnector::fetch(const RemotePath& file, const TakePiece& take) const {
  ALVEUS_TRY_ASSIGN(const OpenFile source, OpenFile::for_reading(local(file)));
  while (true) {
    ALVEUS_TRY_ASSIGN(const std::string piece, source.read_piece(kPieceBytes));
    if (piece.empty()) return {};
    ALVEUS_TRY(take(piece));
  }
}

core::Status LocalConnector::store(const RemotePath& file, const Producer& produce) {
  const fs::path path = local(file);
  std::error_code ignored;
  if (fs::symlink_status(path, ignored).type() == fs::file_type::directory) {
    return fail(system_error("cannot make", path, EISDIR));
  }
  const fs::path partial = detail::partial_path(path);
  ALVEUS_TRY(make_file(partial, produce));
  if (::rename(partial.c_str(), path.c_str()) == 0) return {};
  const int failure = errno;
  ::unlink(partial.c_str());
  return fail(system_error("cannot make", path, failure));
}

core::Status LocalConnector::remove_partial(const RemotePath& directory) {
  return detail::remove_partial(local(directory));
}

core::Status LocalConnector::clear_job_folders(const std::set<RemotePath>& kept) {
  sys::end_processes_below(options_.jobs_directory);
  const RemotePath jobs = remote(options_.jobs_directory);
  ALVEUS_TRY_ASSIGN(const auto folders, list(jobs));
  for (const SiteEntry& folder : folders) {
    if (!kept.contains(folder.path)) ALVEUS_TRY(remove(folder.path));
  }
  return {};
}

}  // namespace alveus::deploy
