// SPDX-License-Identifier: Apache-2.0
#include "store/run_log.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

namespace alveus::store {
namespace {

/// Builds summaries from records as they pass.
class Summaries {
 public:
  explicit Summaries(RunLog& log) : log_(log) {}

  void add(const TimedRecord& timed) {
    time_ = timed.time;
    std::visit([this](const auto& record) { apply(record); }, timed.record);
  }

 private:
  JobSummary& job(const core::JobId& id) {
    const auto [place, is_new] = index_.try_emplace(id, log_.jobs.size());
    if (is_new) log_.jobs.emplace_back().job = id;
    return log_.jobs[place->second];
  }

  void apply(const RunStarted& record) { log_.started = record; }
  void apply(const RunResumed&) {
    ++log_.resume_count;
    log_.ended.reset();
  }
  void apply(const DeliveryBegun&) {}
  void apply(const RunEnded& record) { log_.ended = record; }
  void apply(const WorkflowEntered&) {}
  void apply(const ScatterExpanded&) {}
  void apply(const ValueNoted&) {}
  void apply(const JobLogged&) {}
  /// Comes twice for a job that a resumed run begins anew: what is known of its first life is forgotten.
  void apply(const JobCreated& record) {
    JobSummary& summary = job(record.job);
    summary = JobSummary{.job = record.job};
    summary.step = record.step;
    summary.tag = record.tag;
    summary.inputs_fingerprint = record.inputs_fingerprint;
    summary.cache_key = record.cache_key;
    summary.cache_refusal = record.cache_refusal;
  }
  void apply(const JobReused& record) { job(record.job).reused_from = record.source_run; }
  void apply(const JobPlaced& record) {
    JobSummary& summary = job(record.job);
    summary.state = JobState::kPlaced;
    summary.site = record.site;
    summary.attempt = record.attempt;
  }
  void apply(const JobPrepared& record) {
    JobSummary& summary = job(record.job);
    summary.state = JobState::kPrepared;
    summary.folder = record.folder;
  }
  void apply(const JobStarted& record) {
    JobSummary& summary = job(record.job);
    summary.state = JobState::kRunning;
    summary.handle = record.handle;
    summary.started_at = time_;
  }
  void apply(const JobEnded& record) {
    JobSummary& summary = job(record.job);
    summary.state = JobState::kEnded;
    summary.outcome = record.outcome;
    summary.ended_at = time_;
    summary.cpu_time = record.cpu_time;
    summary.resident_max_bytes = record.resident_max_bytes;
  }
  void apply(const JobCollected& record) {
    JobSummary& summary = job(record.job);
    summary.state = JobState::kDone;
    summary.outputs = record.outputs;
  }
  void apply(const JobSkipped& record) { job(record.job).state = JobState::kSkipped; }
  void apply(const JobRetried& record) { job(record.job).state = JobState::kRetrying; }
  void apply(const JobFailed& record) {
    JobSummary& summary = job(record.job);
    summary.state = JobState::kFailed;
    summary.failure = record.reason;
  }

  RunLog& log_;
  std::unordered_map<core::JobId, std::size_t> index_;
  sys::WallTime time_;
};

}  // namespace

std::string_view name_of(JobState state) {
  switch (state) {
    case JobState::kCreated: return "created";
    case JobState::kPlaced: return "placed";
    case JobState::kPrepared: return "prepared";
    case JobState::kRunning: return "running";
    case JobState::kEnded: return "ended";
    case JobState::kRetrying: return "retrying";
    case JobState::kDone: return "done";
    case JobState::kSkipped: return "skipped";
    case JobState::kFailed: return "failed";
  }
  return "unknown";
}

bool is_over(JobState state) {
  return state == JobState::kDone || state == JobState::kSkipped || state == JobState::kFailed;
}

core::Result<RunLog> read_run(const std::filesystem::path& journal_file) {
  RunLog log;
  Summaries summaries(log);
  ALVEUS_TRY(read_journal(journal_file, [&](TimedRecord record) -> core::Status {
    summaries.add(record);
    log.records.push_back(std::move(record));
    return {};
  }));
  return log;
}

}  // namespace alveus::store
