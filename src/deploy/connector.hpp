// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "deploy/container.hpp"

namespace alveus::deploy {

/// A device for computations (CUDA).
struct Gpu {
  std::string id;                  ///< as CUDA_VISIBLE_DEVICES names it: a number or "GPU-…"
  std::string compute_capability;  ///< "9.0"; empty: not known
};

/// A place that can take jobs, with what it can give.
struct SiteCapacity {
  std::string name;  ///< "local"
  double cores = 0;
  double ram_mib = 0;
  std::vector<Gpu> gpus;
  std::string cuda_version;  ///< the newest that the driver speaks, "12.4"; empty: not known
};

/// A folder of one job on its site. Everything the job reads and writes lies below it.
struct JobFolder {
  core::RemotePath root;
  core::RemotePath outdir;
  core::RemotePath tmpdir;
  core::RemotePath inputs_directory;  ///< made by whoever puts something there: most jobs have no files as inputs
};

/// What a job that was collected leaves for others.
enum class JobRemains {
  kOutputs,  ///< data in its outdir, which are outputs
  kNothing,  ///< none: no output is a file or directory
};

/// A command as a connector takes it. All paths are the site's own, but those that a command in a container is given as
/// arguments or finds in its environment.
struct SiteCommand {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  core::RemotePath working_directory;
  std::optional<core::RemotePath> stdin_path;
  std::optional<core::RemotePath> stdout_path;  ///< empty: the job's log
  std::optional<core::RemotePath> stderr_path;  ///< empty: the job's log
  core::RemotePath log_path;                    ///< takes what goes nowhere else
  std::chrono::milliseconds time_limit{0};
  std::optional<JobContainer> container{};  ///< empty: on the site as it is
  core::RemotePath folder;                 ///< of the job: what was started with a TMPDIR or HOME below it is the job's
  std::int64_t memory_limit_bytes = 0;     ///< of all its processes together; zero: none. Above it they are ended.
  std::int64_t memory_expected_bytes = 0;  ///< what the job was given
};

/// How a command ended on its site.
struct CommandEnd {
  int exit_code = 0;
  bool timed_out = false;
  bool killed = false;
  std::optional<std::chrono::microseconds> cpu_time{};  ///< of all its processes; empty: not known
  std::optional<std::int64_t> resident_max_bytes{};     ///< empty: not known
  int signal = 0;                        ///< the signal that ended it, whoever sent it; zero: it left by itself
  std::int64_t memory_excess_bytes = 0;  ///< what it used when it was ended for its memory; zero: it was not
  std::vector<std::string> left_behind;  ///< names of programs that it left behind; they were ended
};

enum class EntryKind { kFile, kDirectory };

struct SiteEntry {
  std::string name;
  core::RemotePath path;
  EntryKind kind = EntryKind::kFile;
  std::uint64_t size_bytes = 0;
  bool is_executable = false;  ///< of a file
};

/// A symbolic link, and what it holds.
struct SiteLink {
  core::RemotePath path;
  std::string target;
};

/// Names a command that a connector runs; what it holds is the connector's (a process id, a queue's job number). It is
/// journalled, so that a later controller can find the command again.
using CommandHandle = std::string;

/// What a running command and all that it started use, as of a moment ago.
struct RunningUsage {
  CommandHandle command;
  std::int64_t resident_bytes = 0;
  std::chrono::microseconds cpu_time{0};
  double cores = 0;  ///< that it keeps busy
};

/// One site: where commands run and data lie. The engine speaks to every site through this alone. Calls may block, so
/// they come from pool threads; all are safe from several threads. Errors: kUnavailable means try again later.
class Connector {
 public:
  using OnEnd = std::function<void(core::Result<CommandEnd>)>;
  using TakePiece = std::function<core::Status(std::string_view piece)>;
  /// Hands pieces to `take` until all are through or one fails, and returns that failure or its own.
  using Producer = std::function<core::Status(const TakePiece& take)>;

  virtual ~Connector() = default;
  virtual SiteCapacity capacity() const = 0;

  // Jobs. `start` returns as soon as the command was handed over; `on_end` is called once, from any thread, perhaps
  // before `start` returns. When `start` fails it is never called.
  /// A fresh folder, which only this user may enter, at a path where nothing stands.
  virtual core::Result<JobFolder> make_job_folder(const core::JobId& job) = 0;
  /// The job of this folder was collected: its temporary files go. Of a job that has no data as outputs, a folder in
  /// which no file lies may go as a whole; what a person may want to look at stays. What cannot be removed stays too.
  virtual void retire_job_folder(const JobFolder& folder, JobRemains) { static_cast<void>(remove(folder.tmpdir)); }
  /// Ends every command that an earlier controller of this run left behind here, and removes the job folders that are
  /// not among `kept`. Called before a run goes on, when nothing of it is under way.
  virtual core::Status clear_job_folders(const std::set<core::RemotePath>& kept) = 0;
  /// Errors besides kUnavailable: kNotFound (no such program or input file), kDenied, kInvalidInput (no program).
  virtual core::Result<CommandHandle> start(const SiteCommand& command, OnEnd on_end) = 0;
  /// Ends the command with all that it started; its `on_end` then tells `killed`. Unknown handles are ignored.
  virtual void cancel(const CommandHandle& command) = 0;
  /// Of the commands whose use is known. Whoever wants figures asks each second or so: nobody looks unasked.
  virtual std::vector<RunningUsage> usage() = 0;
  /// Finds the site's container engine and brings the image there, each once however many jobs ask; the rest wait.
  /// Empty: a hint that cannot be had, so the job runs without. Errors: kUnsupported (no engine, or none wanted),
  /// kUnavailable (a registry or daemon that does not answer), kNotFound, kDenied, kInvalidInput (no such image).
  virtual core::Result<std::optional<ContainerImage>> prepare_image(const ImageSource& source);
  /// Whether the site has an engine for such a container, wherever its image is. False for a hint that goes without;
  /// errors as of `prepare_image`.
  virtual core::Result<bool> can_contain(const ImageSource& source);
  /// As `prepare_image`, but gets nothing: kNotFound when the image is not there yet, be it a hint's.
  virtual core::Result<std::optional<ContainerImage>> find_image(const ImageSource& source);

  // Data on the site.
  /// The URI of a path of this site, and back; the second is kNotFound for another site's URI. Whatever bytes a path
  /// holds, the URI is printable ASCII and comes back as the same path.
  virtual core::Location location_of(const core::RemotePath& path) const = 0;
  virtual core::Result<core::RemotePath> path_of(const core::Location& location) const = 0;
  /// What stands at a path; links are followed. kNotFound, also for a link to nothing.
  virtual core::Result<SiteEntry> status(const core::RemotePath& path) const = 0;
  /// Members sorted by name; links to nothing are left out.
  virtual core::Result<std::vector<SiteEntry>> list(const core::RemotePath& directory) const = 0;
  /// The symbolic links in a tree, sorted by path; none is followed.
  virtual core::Result<std::vector<SiteLink>> links(const core::RemotePath& tree) const = 0;
  /// The first `limit_bytes` bytes.
  virtual core::Result<std::string> read(const core::RemotePath& file, std::uint64_t limit_bytes) const = 0;
  /// Lower-case hexadecimal digest.
  virtual core::Result<std::string> sha1(const core::RemotePath& file) const = 0;
  /// What matches a glob(3) pattern relative to `directory`, sorted by path. A backslash escapes; wildcards match no
  /// leading dot and no "/"; "." is the directory itself. Nothing matching is no error. Absolute patterns and ".."
  /// are kInvalidInput.
  virtual core::Result<std::vector<SiteEntry>> glob(const core::RemotePath& directory,
                                                    std::string_view pattern) const = 0;

  /// Makes the directory and its parents; one that exists is a success.
  virtual core::Status make_directory(const core::RemotePath& path) = 0;
  /// Makes the file; what stands at the path, be it a link, is replaced in one step, not written through. kInvalidInput
  /// for a directory.
  virtual core::Status write(const core::RemotePath& file, std::string_view contents) = 0;
  virtual core::Status set_executable(const core::RemotePath& file) = 0;
  /// Removes what `write`, `store`, `copy` or `move` of a controller that was killed left unfinished in the directory.
  virtual core::Status remove_partial(const core::RemotePath& directory) = 0;
  // Data of this site at a second place of it. All of it appears at `to` in one step. The parent of `to` exists and
  // `to` does not (kInvalidInput); after a failure `to` does not exist either.
  /// A link, where reading is enough. Links to links point to the end of the chain.
  virtual core::Status link(const core::RemotePath& from, const core::RemotePath& to) = 0;
  /// A file or tree of its own, writable, in which no link leads out of it.
  virtual core::Status copy(const core::RemotePath& from, const core::RemotePath& to) = 0;
  /// What stands at `to`, wherever it lies, becomes a copy of `from`: in one step where the file system and the rights
  /// on its directory allow it. Links at `to` are followed, and nothing need stand there.
  virtual core::Status replace(const core::RemotePath& from, const core::RemotePath& to) = 0;
  /// Copies take the place of all links that lead out of a file or tree of a job's folder, so that what they point to
  /// may go. Links to nothing stay. kDenied when it does not lie in a job's folder.
  virtual core::Status make_self_contained(const core::RemotePath& path) = 0;
  /// As `copy`, after which `from` is gone. kDenied when `from` does not lie in a job's folder: it is not ours.
  virtual core::Status move(const core::RemotePath& from, const core::RemotePath& to) = 0;
  /// Removes a tree; what a link in it points to stays. A missing path is a success. kDenied as for `move`.
  virtual core::Status remove(const core::RemotePath& path) = 0;

  // Data from and to elsewhere, in pieces of any size, so that no file has to fit into memory.
  /// Hands over the file in pieces; stops at the first failure of `take` and returns it.
  virtual core::Status fetch(const core::RemotePath& file, const TakePiece& take) const = 0;
  /// Makes the file from the pieces that `produce` hands over: so `store(to, [&](auto& take) { return other.fetch(from,
  /// take); })` copies from site to site. As `write`; after a failure, that of `produce` too, what stood there before
  /// stands.
  virtual core::Status store(const core::RemotePath& file, const Producer& produce) = 0;
};

}  // namespace alveus::deploy
