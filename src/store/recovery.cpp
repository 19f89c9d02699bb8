// SPDX-License-Identifier: Apache-2.0
#include "store/recovery.hpp"

#include <map>
#include <utility>

#include "store/journal_reader.hpp"

namespace alveus::store {
namespace {

class Reading {
 public:
  void apply(RunStarted record) {
    has_start_ = true;
    recovery_.description = record.description;
    recovery_.started = std::move(record);
  }
  /// A resumption removes the folders of what was under way.
  void apply(RunResumed record) {
    interrupted_.clear();
    recovery_.description = std::move(record.description);
    recovery_.ended.reset();
    unfinished_.clear();  // that controller put back what they had changed
  }
  /// A job that begins anew, since a resumed run did not find its data, is not done.
  void apply(const JobCreated& record) {
    recovery_.finished.done.erase(record.job);
    folders_.erase(record.job);
  }
  void apply(const JobPlaced& record) { attempts_[record.job] = record.attempt; }
  void apply(JobPrepared record) {
    folders_[record.job] = record.folder;
    interrupted_[record.job] = {.prepared = record, .attempt = attempts_[record.job]};
    std::erase_if(unfinished_, [&](const JobPrepared& earlier) { return earlier.job == record.job; });
    if (!record.former.empty()) unfinished_.push_back(std::move(record));
  }
  void apply(const JobLogged& record) { interrupted_.erase(record.job); }
  void apply(const JobRetried& record) { interrupted_.erase(record.job); }
  void apply(const JobFailed& record) { interrupted_.erase(record.job); }
  void apply(JobCollected record) {
    interrupted_.erase(record.job);
    attempts_.erase(record.job);
    std::erase_if(unfinished_, [&](const JobPrepared& prepared) { return prepared.job == record.job; });
    FinishedJobs::Job job{.outputs = std::move(record.outputs), .folder = {}};
    if (auto folder = folders_.extract(record.job)) job.folder = std::move(folder.mapped());
    recovery_.finished.done.insert_or_assign(std::move(record.job), std::move(job));
  }
  void apply(JobSkipped record) { recovery_.finished.skipped.insert(std::move(record.job)); }
  void apply(DeliveryBegun record) {
    recovery_.targets.insert(recovery_.targets.end(), record.targets.begin(), record.targets.end());
    if (record.is_move) recovery_.moving = std::move(record);
  }
  void apply(RunEnded record) { recovery_.ended = std::move(record); }
  template <typename Other>
  void apply(const Other&) {}  // the others tell of what is under way, which begins anew

  core::Result<Recovery> finish(const std::filesystem::path& file) {
    for (auto& [job, attempt] : interrupted_) recovery_.interrupted.push_back(std::move(attempt));
    for (const JobPrepared& prepared : unfinished_) {
      recovery_.former.insert(recovery_.former.end(), prepared.former.begin(), prepared.former.end());
      recovery_.former_folders.push_back(prepared.folder);
    }
    if (has_start_) return std::move(recovery_);
    return core::fail(core::ErrorCode::kNotFound,
                      "nothing of the run in '" + file.string() + "' is on record: start it again");
  }

 private:
  Recovery recovery_;
  std::unordered_map<core::JobId, core::RemotePath> folders_;  ///< of jobs that are not done
  std::unordered_map<core::JobId, int> attempts_;
  std::map<core::JobId, InterruptedAttempt> interrupted_;
  std::vector<JobPrepared> unfinished_;  ///< those that change inputs where they lie
  bool has_start_ = false;
};

}  // namespace

core::Result<Recovery> read_recovery(const std::filesystem::path& journal_file) {
  Reading reading;
  ALVEUS_TRY(read_journal(journal_file, [&](TimedRecord timed) -> core::Status {
    std::visit([&](auto& record) { reading.apply(std::move(record)); }, timed.record);
    return {};
  }));
  return reading.finish(journal_file);
}

}  // namespace alveus::store
