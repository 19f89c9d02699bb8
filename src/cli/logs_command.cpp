// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cli/commands.hpp"
#include "cli/run_records.hpp"
#include "cmdline/terminal.hpp"
#include "core/text.hpp"
#include "report/number.hpp"
#include "store/run_history.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

/// Of a larger file the end is shown.
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{256} << 20U;

struct Wish {
  std::string step;
  bool standard_output = true;
  bool standard_error = true;
  bool failed_only = false;
  std::size_t attempt = 0;  ///< from 1; 0: the last
  bool is_under_way = false;
  std::int64_t tail = 0;  ///< 0: all lines
};

/// One stream of one job, as far as it is still there.
struct Piece {
  std::string title;
  std::string text;
  std::string note;  ///< what is to be said about it, or instead of it
};

bool lies_below(std::string_view path, std::string_view place) {
  if (place == "/") return true;
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

struct Found {
  store::RunHistory run;
  std::vector<store::JobHistory> jobs;
};

core::Result<Found> jobs_of(const store::RunFolder& folder, const Wish& wish) {
  std::vector<store::JobHistory> jobs;
  std::vector<std::string> steps;
  const auto take = [&](store::JobHistory job) {
    if (std::ranges::find(steps, job.step.text()) == steps.end()) steps.push_back(job.step.text());
    if (job.job.text() == wish.step || lies_below(job.step.text(), wish.step)) jobs.push_back(std::move(job));
  };
  ALVEUS_TRY_ASSIGN(auto run, store::read_history(folder.journal_file(), store::Values::kRead, take));
  if (jobs.empty()) {
    const auto meant = core::nearest(wish.step, steps);
    return core::fail(
        core::ErrorCode::kNotFound,
        "run '" + folder.run.text() + "' has no step or job '" + wish.step + "'" +
            (meant ? "; did you mean '" + *meant + "'?" : "; its steps: alveus show " + folder.run.text()));
  }
  if (wish.failed_only) {
    std::erase_if(jobs, [](const store::JobHistory& job) { return job.state != store::JobState::kFailed; });
  }
  std::size_t attempts_most = 0;
  for (const store::JobHistory& job : jobs) attempts_most = std::max(attempts_most, job.attempts.size());
  if (!jobs.empty() && wish.attempt > attempts_most) {
    return core::fail(core::ErrorCode::kNotFound, "no job of '" + wish.step + "' had an attempt " +
                                                      std::to_string(wish.attempt) + "; the most there were is " +
                                                      std::to_string(attempts_most));
  }
  std::erase_if(jobs, [&](const store::JobHistory& job) { return job.attempts.size() < wish.attempt; });
  std::ranges::sort(jobs, {}, [](const store::JobHistory& job) { return std::pair(job.created_at, job.job); });
  return Found{.run = std::move(run), .jobs = std::move(jobs)};
}

/// The last lines of a text; all of it for 0.
std::string last_lines(std::string text, std::int64_t count) {
  if (count == 0) return text;
  std::size_t at = text.size();
  if (at > 0 && text[at - 1] == '\n') --at;
  for (std::int64_t line = 0; line < count; ++line) {
    const auto before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    if (before == std::string::npos) return text;
    at = before;
  }
  return text.substr(at + 1);
}

std::string kept_note(const store::KeptLog& kept) {
  const auto shown = static_cast<std::int64_t>(kept.text.size());
  if (kept.bytes <= shown) return {};
  if (shown == 0) return "its " + report::bytes_text(kept.bytes) + " are too many to keep; --keep-job-folders does";
  return "the last " + report::bytes_text(shown) + " of " + report::bytes_text(kept.bytes) +
         "; --keep-job-folders keeps all of it";
}

/// One attempt at a job, with what the journal keeps of its streams.
struct Attempt {
  const store::JobHistory& job;
  std::size_t index = 0;
  std::vector<store::KeptLog> kept;

  const store::JobAttempt& facts() const { return job.attempts[index]; }
  bool is_last() const { return index + 1 == job.attempts.size(); }
  bool gave_outputs() const { return is_last() && job.state == store::JobState::kDone; }
  /// Whether what lies in its folder is its own: that of a job that is done may have been removed or have gone to
  /// another job, and a run that goes on gives names anew.
  bool has_folder() const {
    const auto later = std::span(job.attempts).subspan(index + 1);
    return !gave_outputs() && std::ranges::find(later, facts().folder, &store::JobAttempt::folder) == later.end();
  }
};

/// A stream from its file, or from what the journal keeps of it. Where the folder may be another's, the file counts
/// only for what the journal could not keep.
Piece piece_of(const std::string& title, const Attempt& attempt, const std::string& file, std::string_view stream) {
  const auto found = std::ranges::find(attempt.kept.rbegin(), attempt.kept.rend(), stream, &store::KeptLog::stream);
  const bool is_kept = found != attempt.kept.rend();
  const bool is_whole = is_kept && found->bytes == static_cast<std::int64_t>(found->text.size());
  if (is_whole) return {.title = title, .text = found->text, .note = {}};
  if (is_kept || attempt.has_folder()) {
    auto text = sys::read_file(file, kFileBytesMax);
    const bool is_same = text && (!is_kept || std::cmp_equal(text->size(), found->bytes));
    if (is_same) return {.title = title, .text = *std::move(text), .note = {}};
  }
  if (is_kept) return {.title = title, .text = found->text, .note = kept_note(*found)};
  return {.title = title, .text = {}, .note = {}};
}

/// Whether a file at this place is among the outputs.
bool names_file(const core::Value& outputs, const std::string& file) {
  if (outputs.is_array()) {
    return std::ranges::any_of(outputs.as_array(), [&](const auto& item) { return names_file(item, file); });
  }
  if (!outputs.is_object()) return false;
  if (path_text(outputs.string_or("location", "")) == file) return true;
  return std::ranges::any_of(outputs.as_object(), [&](const auto& member) { return names_file(member.second, file); });
}

/// Where the run's outputs went, by where the jobs left them.
using Delivered = std::map<std::string, std::string>;

Delivered delivered_of(const store::RunHistory& run) {
  Delivered delivered;
  if (!run.delivered.is_array()) return delivered;
  for (const core::Value& target : run.delivered.as_array()) {
    delivered[path_text(target.string_or("from", ""))] = target.string_or("path", "");
  }
  return delivered;
}

/// Where standard output that became an output can be found.
Piece output_piece(const std::string& title, const Attempt& attempt, const Delivered& delivered) {
  const std::string& file = attempt.facts().stdout_path.text();
  if (names_file(attempt.job.outputs, file)) {
    if (auto text = sys::read_file(file, kFileBytesMax)) return {.title = title, .text = *std::move(text), .note = {}};
  }
  if (const auto found = delivered.find(file); found != delivered.end()) {
    auto text = sys::read_file(found->second, kFileBytesMax);
    if (text) return {.title = title, .text = *std::move(text), .note = "is the output " + found->second};
  }
  return {.title = title,
          .text = {},
          .note = "went to the output file '" + file.substr(file.rfind('/') + 1) +
                  "', which lies no longer in the job's folder (--keep-job-folders keeps it)"};
}

std::vector<Piece> pieces_of(const Attempt& attempt, const Delivered& delivered, const Wish& wish) {
  const store::JobAttempt& facts = attempt.facts();
  if (facts.folder.empty()) return {};
  std::vector<Piece> pieces;
  const bool has_output_file = !facts.stdout_path.empty();
  const bool has_error_file = !facts.stderr_path.empty();
  // The log takes what the tool sends to no file of its own.
  const bool wants_log = (wish.standard_output && !has_output_file) || (wish.standard_error && !has_error_file);
  if (wish.standard_output && has_output_file) {
    const std::string title = "standard output";
    pieces.push_back(attempt.gave_outputs() ? output_piece(title, attempt, delivered)
                                            : piece_of(title, attempt, facts.stdout_path.text(), "stdout"));
  }
  if (wish.standard_error && has_error_file) {
    pieces.push_back(piece_of("standard error", attempt, facts.stderr_path.text(), "stderr"));
  }
  if (wants_log) {
    const std::string title = has_output_file ? "standard error" : has_error_file ? "standard output" : "log";
    pieces.push_back(piece_of(title, attempt, facts.folder.text() + "/log", "log"));
  }
  return pieces;
}

/// Why there is nothing to print of a job.
std::string reason_without(const store::JobHistory& job) {
  if (job.reused) {
    return "its outputs came from the cache: it did not run; what the job wrote that made them: alveus logs " +
           job.reused_run.text() + " " + job.reused_job.text();
  }
  switch (job.state) {
    case store::JobState::kSkipped: return "it was skipped: its condition did not hold";
    case store::JobState::kFailed: return job.failure;
    case store::JobState::kDone: return "it has no command";
    case store::JobState::kCreated:
    case store::JobState::kPlaced:
    case store::JobState::kPrepared:
    case store::JobState::kRunning:
    case store::JobState::kEnded:
    case store::JobState::kRetrying: break;
  }
  return "its command has not started";
}

/// How an attempt ended, and which of several it is.
std::string state_text(const Attempt& attempt, const Wish& wish) {
  const auto& outcome = attempt.facts().outcome;
  std::string text = outcome ? std::string(flow::name_of(outcome->kind)) : "interrupted";
  if (attempt.is_last() && (wish.is_under_way || store::is_over(attempt.job.state))) {
    text = store::name_of(attempt.job.state);
  }
  const std::size_t count = attempt.job.attempts.size();
  if (count > 1) text += ", attempt " + std::to_string(attempt.index + 1) + " of " + std::to_string(count);
  return text;
}

void tell_attempt(const Attempt& attempt, std::vector<Piece> pieces, const Wish& wish, bool with_heads,
                  cmdline::Terminal& terminal) {
  const std::string& job = attempt.job.job.text();
  const std::string state = state_text(attempt, wish);
  if (!with_heads && attempt.job.attempts.size() > 1) {
    terminal.message(job + ": " + state + (wish.attempt == 0 ? "; --attempt N shows an earlier one" : ""));
  }
  if (pieces.empty()) {
    const std::string& reason = attempt.facts().retry_reason;
    terminal.message(job + ": " + (attempt.is_last() || reason.empty() ? reason_without(attempt.job) : reason));
  }
  for (Piece& piece : pieces) {
    if (!piece.note.empty()) terminal.message(job + ", " + piece.title + ": " + piece.note);
    if (piece.text.empty()) {
      if (piece.note.empty()) terminal.message(job + ", " + piece.title + ": nothing was written");
      continue;
    }
    std::string text = last_lines(std::move(piece.text), wish.tail);
    if (!text.ends_with('\n')) text += '\n';
    terminal.result((with_heads ? "==> " + job + "  " + piece.title + "  (" + state + ") <==\n" : "") + text);
  }
}

/// The logs that the journal keeps, by job.
using KeptLogs = std::map<std::string, std::vector<store::KeptLog>>;

core::Result<KeptLogs> kept_logs_of(const store::RunFolder& folder, const std::vector<store::JobHistory>& jobs) {
  KeptLogs kept;
  for (const store::JobHistory& job : jobs) kept[job.job.text()];
  ALVEUS_TRY_ASSIGN(auto logs, store::read_kept_logs(folder.journal_file(),
                                                     [&](const std::string& job) { return kept.contains(job); }));
  for (auto& log : logs) kept[log.job.text()].push_back(std::move(log));
  return kept;
}

Attempt attempt_of(const store::JobHistory& job, const Wish& wish, const KeptLogs& kept) {
  Attempt attempt{.job = job, .index = (wish.attempt == 0 ? job.attempts.size() : wish.attempt) - 1, .kept = {}};
  std::ranges::copy_if(kept.at(job.job.text()), std::back_inserter(attempt.kept),
                       [&](const store::KeptLog& log) { return log.attempt == attempt.index; });
  return attempt;
}

core::Result<ExitStatus> run_logs(const cmdline::Flags& flags, std::span<const std::string>,
                                  cmdline::Terminal& terminal) {
  Wish wish{.step = flags.text("step"),
            .standard_output = flags.on("stdout") || !flags.on("stderr"),
            .standard_error = flags.on("stderr") || !flags.on("stdout"),
            .failed_only = flags.on("failed"),
            .tail = flags.has("tail") ? flags.integer("tail") : 0};
  if (wish.tail < 0) return core::fail(core::ErrorCode::kInvalidInput, "--tail takes a number of lines");
  if (flags.has("attempt")) {
    const std::int64_t attempt = flags.integer("attempt");
    if (attempt < 1) return core::fail(core::ErrorCode::kInvalidInput, "--attempt takes a number from 1");
    wish.attempt = static_cast<std::size_t>(attempt);
  }
  if (!wish.step.starts_with('/')) wish.step = "/" + wish.step;
  while (wish.step.size() > 1 && wish.step.ends_with('/')) wish.step.pop_back();
  ALVEUS_TRY_ASSIGN(const auto folder, run_folder_of(flags));
  ALVEUS_TRY_ASSIGN(const auto found, jobs_of(folder, wish));
  const auto& jobs = found.jobs;
  wish.is_under_way = standing_of(folder.path, found.run) == "under way";
  const Delivered delivered = delivered_of(found.run);
  if (jobs.empty()) terminal.message("no job of " + wish.step + " failed");
  ALVEUS_TRY_ASSIGN(const auto kept, kept_logs_of(folder, jobs));
  for (const store::JobHistory& job : jobs) {
    if (job.attempts.empty() || (job.reused && wish.attempt == 0)) {
      terminal.message(job.job.text() + ": " + reason_without(job));
      continue;
    }
    const Attempt attempt = attempt_of(job, wish, kept);
    auto pieces = pieces_of(attempt, delivered, wish);
    const bool with_heads = jobs.size() > 1 || pieces.size() > 1;
    tell_attempt(attempt, std::move(pieces), wish, with_heads, terminal);
  }
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_logs_command() {
  return {
      .name = "logs",
      .summary = "print what the jobs of a step wrote",
      .details =
          "Prints the log of each job of a step (its standard output and error, as far as the tool sends them "
          "to no file of its own), or of one job. Works while the run is under way and after it: when a run has "
          "succeeded the job folders are gone, and the journal still has the last 64 kB of each stream.\n\n"
          "STEP is a path as 'alveus show' prints it: /train, /train/fit, a job of it such as /train/0.4, or / "
          "for all. What is no log (a job that was skipped or reused) goes to standard error. Of a job that was tried "
          "several times the last attempt counts; --attempt 1 prints what the first one wrote.",
      .flags = {run_argument(),
                {.name = "step",
                 .value_name = "STEP",
                 .help = "Path of a step, or a job.",
                 .required = true,
                 .positional = true},
                {.name = "stdout", .kind = Kind::kSwitch, .help = "Standard output alone."},
                {.name = "stderr", .kind = Kind::kSwitch, .help = "Standard error alone."},
                {.name = "tail", .kind = Kind::kInteger, .value_name = "N", .help = "The last N lines of each."},
                {.name = "attempt",
                 .kind = Kind::kInteger,
                 .value_name = "N",
                 .help = "The N-th attempt at each job; the last without it."},
                {.name = "failed", .kind = Kind::kSwitch, .help = "Jobs that failed alone."},
                state_flag()},
      .run = run_logs};
}

}  // namespace alveus::cli
