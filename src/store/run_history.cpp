// SPDX-License-Identifier: Apache-2.0
#include "store/run_history.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/json.hpp"
#include "store/detail/format.hpp"
#include "store/detail/sqlite.hpp"

namespace alveus::store {
namespace {

core::Result<detail::Database> open_journal(const std::filesystem::path& file) {
  std::error_code failure;
  if (!std::filesystem::exists(file, failure)) {
    return core::fail(core::ErrorCode::kNotFound, "there is no journal '" + file.string() + "'");
  }
  ALVEUS_TRY_ASSIGN(auto database, detail::Database::open(file, detail::OpenMode::kReadOnly));
  ALVEUS_TRY(detail::check_format(database, file));
  return database;
}

std::int64_t integer_of(const core::Value& detail, std::string_view key) {
  const core::Value* found = detail.find(key);
  return found != nullptr && found->is_integer() ? found->as_integer() : 0;
}

double real_of(const core::Value& detail, std::string_view key) {
  const core::Value* found = detail.find(key);
  return found != nullptr && found->is_number() ? found->as_real() : 0;
}

core::Value value_of(const core::Value& detail, std::string_view key) {
  const core::Value* found = detail.find(key);
  return found == nullptr ? core::Value() : *found;
}

constexpr std::array kOutcomes = {flow::JobOutcome::Kind::kSuccess,          flow::JobOutcome::Kind::kTemporaryFailure,
                                  flow::JobOutcome::Kind::kPermanentFailure, flow::JobOutcome::Kind::kTimedOut,
                                  flow::JobOutcome::Kind::kOutOfMemory,      flow::JobOutcome::Kind::kCancelled};
constexpr std::array kStatuses = {RunStatus::kDone, RunStatus::kFailed, RunStatus::kCancelled};

flow::JobOutcome outcome_of(const core::Value& detail) {
  flow::JobOutcome outcome{.kind = flow::JobOutcome::Kind::kPermanentFailure,
                           .exit_code = static_cast<int>(integer_of(detail, "exit_code"))};
  const std::string word = detail.string_or("outcome", "");
  for (const auto kind : kOutcomes) {
    if (flow::name_of(kind) == word) outcome.kind = kind;
  }
  return outcome;
}

/// Puts the story together from rows as they pass.
class Storyteller {
 public:
  Storyteller(RunHistory& run, Values values, bool holds_jobs, const TakeJob& take)
      : run_(run), values_(values), holds_jobs_(holds_jobs), take_(take) {}

  /// Whether a row has to be parsed: the name of a job tells its step and tag, and what else its creation and its end
  /// hold is values.
  bool needs_detail(std::string_view kind) const {
    constexpr std::array kPlain = {std::string_view("job-created"), std::string_view("job-collected"),
                                   std::string_view("job-started"), std::string_view("job-skipped"),
                                   std::string_view("value-noted"), std::string_view("workflow-entered")};
    return values_ == Values::kRead || std::ranges::find(kPlain, kind) == kPlain.end();
  }

  /// A row of a kind it does not know tells nothing.
  void tell(std::string_view kind, const std::string& subject, const core::Value& detail, sys::WallTime time) {
    subject_ = &subject;
    detail_ = &detail;
    now_ = time;
    if (const auto found = tellers().find(kind); found != tellers().end()) (this->*found->second)();
    run_.last_record_at = time;
  }

  void finish() {
    std::vector<JobHistory*> left;
    for (auto& [name, history] : jobs_) left.push_back(&history);
    std::ranges::sort(left, {}, &JobHistory::order);
    for (JobHistory* job : left) take_(std::move(*job));
  }

 private:
  using Teller = void (Storyteller::*)();
  static const std::unordered_map<std::string_view, Teller>& tellers() {
    static const std::unordered_map<std::string_view, Teller> table = {
        {"run-started", &Storyteller::run_started},  {"run-resumed", &Storyteller::run_resumed},
        {"run-ended", &Storyteller::run_ended},      {"delivery-begun", &Storyteller::delivery_begun},
        {"workflow-entered", &Storyteller::entered}, {"value-noted", &Storyteller::value_noted},
        {"job-created", &Storyteller::created},      {"job-placed", &Storyteller::placed},
        {"job-prepared", &Storyteller::prepared},    {"job-started", &Storyteller::started},
        {"job-ended", &Storyteller::ended},          {"job-retried", &Storyteller::retried},
        {"job-collected", &Storyteller::collected},  {"job-reused", &Storyteller::reused},
        {"job-skipped", &Storyteller::skipped},      {"job-failed", &Storyteller::failed},
    };
    return table;
  }

  JobHistory& job() {
    const auto [place, is_new] = jobs_.try_emplace(*subject_);
    JobHistory& history = place->second;
    if (is_new) {
      history.order = order_++;
      history.job = core::JobId(*subject_);
      // A step that failed before it had jobs has no record but that: its place is read from its name.
      const auto slash = subject_->rfind('/');
      history.step = core::StepPath(slash == 0 || slash == std::string::npos ? "/" : subject_->substr(0, slash));
      history.tag = slash == std::string::npos ? *subject_ : subject_->substr(slash + 1);
    }
    return history;
  }

  JobAttempt& attempt() {
    JobHistory& history = job();
    if (history.attempts.empty()) history.attempts.emplace_back();
    return history.attempts.back();
  }

  void over(JobState state) {
    JobHistory& history = job();
    history.state = state;
    history.finished_at = now_;
    if (holds_jobs_) return;
    take_(std::move(history));
    jobs_.erase(*subject_);
  }

  void run_started() {
    run_.started = RunStarted{.run = core::RunId(*subject_),
                              .document_hash = detail_->string_or("document", ""),
                              .inputs_hash = detail_->string_or("inputs", ""),
                              .description = value_of(*detail_, "description")};
    run_.started_at = now_;
  }
  void run_resumed() {
    if (const core::Value description = value_of(*detail_, "description"); run_.started && description.is_object()) {
      run_.started->description = description;
    }
    run_.interruptions.push_back({.from = run_.last_record_at, .to = now_});
    run_.ended.reset();
    // A step that failed before it had jobs may have them this time.
    std::erase_if(
        jobs_, [](const auto& named) { return !named.second.created_at && named.second.state == JobState::kFailed; });
    for (auto& [name, history] : jobs_) {
      if (history.state == JobState::kDone || history.state == JobState::kSkipped) continue;
      history.state = JobState::kCreated;
      history.finished_at.reset();
    }
  }
  void run_ended() {
    RunEnded ended{.status = RunStatus::kFailed,
                   .outputs = value_of(*detail_, "outputs"),
                   .reason = detail_->string_or("reason", "")};
    const std::string word = detail_->string_or("status", "");
    for (const RunStatus status : kStatuses) {
      if (name_of(status) == word) ended.status = status;
    }
    run_.ended = std::move(ended);
  }
  void delivery_begun() { run_.delivered = value_of(*detail_, "targets"); }
  void entered() {
    run_.workflows.push_back({.name = core::JobId(*subject_), .entered_at = now_, .inputs = noted_inputs()});
  }
  void value_noted() {
    if (values_ == Values::kRead) noted_[*subject_] = value_of(*detail_, "value");
  }

  /// Inputs with what stands elsewhere in the journal put in its place.
  core::Value noted_inputs() const {
    const core::Value* inputs = values_ == Values::kRead ? detail_->find("values") : nullptr;
    if (inputs == nullptr || !inputs->is_object()) return nullptr;
    core::Object whole;
    for (const auto& [name, value] : inputs->as_object()) {
      const core::Value* reference = value.find("$noted");
      const bool refers = reference != nullptr && reference->is_string();
      const auto found = refers ? noted_.find(reference->as_string()) : noted_.end();
      whole.append(name, found == noted_.end() ? value : found->second);
    }
    return whole;
  }

  void created() {
    JobHistory& history = job();
    history.step = core::StepPath(detail_->string_or("step", history.step.text()));
    history.tag = detail_->string_or("tag", history.tag);
    history.state = JobState::kCreated;
    history.created_at = now_;
    history.finished_at.reset();
    history.failure.clear();
    history.reused = false;
    history.inputs = noted_inputs();
  }
  void placed() {
    JobHistory& history = job();
    history.state = JobState::kPlaced;
    JobAttempt& next = history.attempts.emplace_back();
    next.site = detail_->string_or("site", "");
    next.cores = real_of(*detail_, "cores");
    next.ram_mib = real_of(*detail_, "ram_mib");
    next.created_at = history.created_at;
    next.placed_at = now_;
  }
  void prepared() {
    job().state = JobState::kPrepared;
    JobAttempt& now = attempt();
    now.folder = core::RemotePath(detail_->string_or("folder", ""));
    now.stdout_path = core::RemotePath(detail_->string_or("stdout", ""));
    now.stderr_path = core::RemotePath(detail_->string_or("stderr", ""));
    now.container = detail_->string_or("container", "");
    now.prepared_at = now_;
  }
  void started() {
    job().state = JobState::kRunning;
    attempt().started_at = now_;
  }
  void ended() {
    job().state = JobState::kEnded;
    JobAttempt& last = attempt();
    last.ended_at = now_;
    last.outcome = outcome_of(*detail_);
    // No process needs no memory: earlier versions wrote zeros for what they did not know.
    const std::int64_t resident_max_bytes = integer_of(*detail_, "resident_max_bytes");
    if (resident_max_bytes > 0) last.resident_max_bytes = resident_max_bytes;
    const std::int64_t cpu_us = integer_of(*detail_, "cpu_us");
    if (cpu_us > 0 || resident_max_bytes > 0) last.cpu_time = std::chrono::microseconds(cpu_us);
  }
  void retried() {
    job().state = JobState::kRetrying;
    attempt().retry_reason = detail_->string_or("reason", "");
  }
  void collected() {
    if (values_ == Values::kRead) job().outputs = value_of(*detail_, "outputs");
    over(JobState::kDone);
  }
  /// Its outputs follow in job-collected.
  void reused() {
    JobHistory& history = job();
    history.reused = true;
    history.reused_run = core::RunId(detail_->string_or("run", ""));
    history.reused_job = core::JobId(detail_->string_or("job", ""));
  }
  void skipped() { over(JobState::kSkipped); }
  void failed() {
    job().failure = detail_->string_or("reason", "");
    over(JobState::kFailed);
  }

  RunHistory& run_;
  Values values_;
  bool holds_jobs_;
  const TakeJob& take_;
  std::unordered_map<std::string, JobHistory> jobs_;
  std::unordered_map<std::string, core::Value> noted_;
  std::size_t order_ = 0;
  // Of the row at hand.
  const std::string* subject_ = nullptr;
  const core::Value* detail_ = nullptr;
  sys::WallTime now_;
};

core::Result<bool> was_resumed(detail::Database& database) {
  ALVEUS_TRY_ASSIGN(const std::int64_t count,
                    database.integer("SELECT count(*) FROM event WHERE kind = 'run-resumed'"));
  return count > 0;
}

}  // namespace

core::Result<RunHistory> read_history(const std::filesystem::path& journal_file, Values values, const TakeJob& take) {
  ALVEUS_TRY_ASSIGN(auto database, open_journal(journal_file));
  ALVEUS_TRY(database.execute("BEGIN"));  // all that follows sees the journal as it stands at one moment
  ALVEUS_TRY_ASSIGN(const bool holds_jobs, was_resumed(database));
  ALVEUS_TRY_ASSIGN(auto rows, database.prepare("SELECT time_us, kind, subject, detail, sequence FROM event "
                                                "WHERE kind <> 'job-logged' ORDER BY sequence"));
  RunHistory run;
  Storyteller story(run, values, holds_jobs, take);
  while (true) {
    ALVEUS_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    const std::string kind = rows.text(1);
    core::Result<core::Value> detail = core::Value();
    if (story.needs_detail(kind)) detail = core::parse_json(rows.text(3));
    if (!detail) {
      return core::fail(core::ErrorCode::kCorrupt, "in '" + journal_file.string() + "', record " +
                                                       std::to_string(rows.integer(4)) +
                                                       ": the detail is no JSON: " + detail.error().text());
    }
    story.tell(kind, rows.text(2), *detail, sys::WallTime(std::chrono::microseconds(rows.integer(0))));
  }
  story.finish();
  return run;
}

core::Result<std::vector<KeptLog>> read_kept_logs(const std::filesystem::path& journal_file,
                                                  const std::function<bool(const std::string& job)>& wants) {
  ALVEUS_TRY_ASSIGN(auto database, open_journal(journal_file));
  ALVEUS_TRY_ASSIGN(auto rows, database.prepare("SELECT subject, kind, detail FROM event "
                                                "WHERE kind IN ('job-logged', 'job-placed') ORDER BY sequence"));
  std::vector<KeptLog> logs;
  std::unordered_map<std::string, std::size_t> placed;  // records count attempts anew after a resumption
  while (true) {
    ALVEUS_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) return logs;
    std::string job = rows.text(0);
    if (!wants(job)) continue;
    if (rows.text(1) == "job-placed") {
      ++placed[job];
      continue;
    }
    ALVEUS_TRY_ASSIGN(const auto detail, core::parse_json(rows.text(2)));
    const std::size_t attempts = placed[job];
    logs.push_back({.job = core::JobId(std::move(job)),
                    .attempt = attempts == 0 ? 0 : attempts - 1,
                    .stream = detail.string_or("stream", ""),
                    .text = detail.string_or("text", ""),
                    .bytes = integer_of(detail, "bytes")});
  }
}

core::Result<JobCounts> count_jobs(const std::filesystem::path& journal_file) {
  ALVEUS_TRY_ASSIGN(auto database, open_journal(journal_file));
  ALVEUS_TRY(database.execute("BEGIN"));
  ALVEUS_TRY_ASSIGN(const bool resumed, was_resumed(database));
  // The last word on a job counts; only in a run that was resumed can there be several.
  ALVEUS_TRY_ASSIGN(
      auto rows,
      database.prepare(resumed ? "SELECT kind, count(*) FROM (SELECT kind, max(sequence) FROM event WHERE kind IN "
                                 "('job-created', 'job-collected', 'job-skipped', 'job-failed') "
                                 "GROUP BY subject) GROUP BY kind"
                               : "SELECT kind, count(*) FROM event GROUP BY kind"));
  JobCounts counts;
  while (true) {
    ALVEUS_TRY_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    const std::string kind = rows.text(0);
    const std::int64_t count = rows.integer(1);
    if (kind == "job-reused") counts.reused = count;
    if (kind == "job-collected") counts.done += count;
    if (kind == "job-skipped") counts.skipped += count;
    if (kind == "job-failed") counts.failed += count;
  }
  return counts;
}

}  // namespace alveus::store
