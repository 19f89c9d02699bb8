// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/live_view.hpp"
#include "cli/run_cache.hpp"
#include "cli/workflow_run.hpp"
#include "core/json.hpp"
#include "store/cache_cleaning.hpp"
#include "store/cache_comparison.hpp"
#include "store/cache_entry.hpp"
#include "store/run_log.hpp"
#include "sys/clock.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

constexpr std::size_t kKeyShown = 12;
constexpr std::size_t kJobsShown = 100;

cmdline::Flag cache_flag() {
  return {.name = "cache", .value_name = "DIR", .help = "The cache; $ALVEUS_CACHE without it."};
}
cmdline::Flag json_flag() { return {.name = "json", .kind = Kind::kSwitch, .help = "Writes JSON to standard output."}; }

core::Result<store::CacheFolder> folder_of(const cmdline::Flags& flags) {
  const auto directory = cache_directory_of(flags);
  if (directory.empty()) {
    return core::fail(core::ErrorCode::kInvalidInput, "which cache? give --cache DIR or set ALVEUS_CACHE");
  }
  store::CacheFolder folder{.path = directory};
  ALVEUS_TRY(folder.check());
  return folder;
}

std::string size_text(std::uint64_t bytes) {
  double size = static_cast<double>(bytes);
  for (const char* unit : {"B", "KB", "MB", "GB"}) {
    const int digits = size < 10 && unit[0] != 'B' ? 1 : 0;
    if (size < 1000) return fmt::format("{:.{}f} {}", size, digits, unit);
    size /= 1000;
  }
  return fmt::format("{:.1f} TB", size);
}

std::string age_text(sys::WallTime then, sys::WallTime now) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(now - then).count();
  return hours < 48 ? duration_text(now - then) : fmt::format("{} d", hours / 24);
}

/// The command a tool begins with, for who reads a list.
std::string command_of(const core::Value& definition) {
  const core::Value* words = definition.find("baseCommand");
  std::string text;
  if (words != nullptr && words->is_array()) {
    for (const auto& word : words->as_array()) text += (text.empty() ? "" : " ") + word.as_string();
  }
  std::ranges::replace(text, '\n', ' ');
  return text.size() <= 24 ? text : text.substr(0, 24);
}

std::int64_t microseconds(sys::WallTime time) { return std::int64_t{time.time_since_epoch().count()}; }

core::Result<ExitStatus> list(const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto folder, folder_of(flags));
  ALVEUS_TRY_ASSIGN(const auto keys, store::list_keys(folder));
  const auto now = sys::RealClock().wall();
  core::Array rows;
  std::string lines = fmt::format("{:<{}}  {:<20} {:<24} {:>8} {:>10} {:>10}  {}\n", "KEY", kKeyShown, "STEP", "TOOL",
                                  "SIZE", "MADE", "USED", "RUN");
  std::uint64_t bytes = 0;
  for (const std::string& key : keys) {
    const auto entry = store::read_entry(folder, key);
    if (!entry) continue;
    const std::string tool = command_of(store::read_definition(folder, entry->tool).value_or(core::Value()));
    const auto used = store::last_use(folder, key);
    bytes += entry->size_bytes();
    lines += fmt::format("{:<{}}  {:<20} {:<24} {:>8} {:>10} {:>10}  {}\n", key.substr(0, kKeyShown), kKeyShown,
                         entry->step.text(), tool, size_text(entry->size_bytes()), age_text(entry->created_at, now),
                         age_text(used, now), entry->run.text());
    rows.push_back(core::Object{{"key", key},
                                {"step", entry->step.text()},
                                {"tool", entry->tool},
                                {"command", tool},
                                {"size_bytes", static_cast<std::int64_t>(entry->size_bytes())},
                                {"created_us", microseconds(entry->created_at)},
                                {"used_us", microseconds(used)},
                                {"run", entry->run.text()},
                                {"job", entry->job.text()}});
  }
  if (flags.on("json")) {
    terminal.result(core::to_json(std::move(rows), core::JsonStyle::kIndented) + "\n");
  } else {
    terminal.result(lines + fmt::format("{} results, {}\n", rows.size(), size_text(bytes)));
  }
  return ExitStatus::kDone;
}

/// A number with one of `units`, whose factor stands beside it: "30d", "1.5G".
core::Result<double> quantity(const std::string& flag, const std::string& text,
                              const std::vector<std::pair<char, double>>& units) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto unit = std::ranges::find_if(units, [&](const auto& known) { return rest == std::string(1, known.first); });
  if (failure == std::errc() && number >= 0 && unit != units.end()) return number * unit->second;
  std::string known;
  for (const auto& [letter, factor] : units) known += (known.empty() ? "" : ", ") + std::string("10") + letter;
  return core::fail(core::ErrorCode::kInvalidInput, "--" + flag + ": '" + text + "' is not like " + known);
}

core::Result<store::CleaningRule> cleaning_rule(const cmdline::Flags& flags) {
  store::CleaningRule rule{
      .older_than = {}, .size_bytes_max = {}, .everything = flags.on("all"), .only_looks = flags.on("dry-run")};
  if (flags.has("older-than")) {
    ALVEUS_TRY_ASSIGN(const double seconds, quantity("older-than", flags.text("older-than"),
                                                     {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}));
    rule.older_than = std::chrono::seconds(static_cast<std::int64_t>(seconds));
  }
  if (flags.has("max-size")) {
    ALVEUS_TRY_ASSIGN(const double bytes,
                      quantity("max-size", flags.text("max-size"), {{'K', 1e3}, {'M', 1e6}, {'G', 1e9}, {'T', 1e12}}));
    rule.size_bytes_max = static_cast<std::uint64_t>(bytes);
  }
  return rule;
}

core::Result<ExitStatus> clean(const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
  const auto rule = cleaning_rule(flags);
  if (!rule) {
    terminal.error(rule.error());
    return ExitStatus::kUsage;
  }
  ALVEUS_TRY_ASSIGN(const auto folder, folder_of(flags));
  ALVEUS_TRY_ASSIGN(const auto report, store::clean_cache(folder, *rule, sys::RealClock().wall()));
  if (flags.on("json")) {
    const auto number = [](auto count) { return core::Value(static_cast<std::int64_t>(count)); };
    const core::Value document = core::Object{{"dry_run", rule->only_looks},
                                              {"removed", number(report.removed_count)},
                                              {"removed_bytes", number(report.removed_bytes)},
                                              {"kept", number(report.kept_count)},
                                              {"kept_bytes", number(report.kept_bytes)},
                                              {"in_use", number(report.in_use_count)},
                                              {"orphans", number(report.orphan_count)}};
    terminal.result(core::to_json(document, core::JsonStyle::kIndented) + "\n");
    return ExitStatus::kDone;
  }
  const char* verb = rule->only_looks ? "would remove" : "removed";
  terminal.result(fmt::format("{} {} results ({}) and {} leftovers; {} results ({}) stay\n", verb, report.removed_count,
                              size_text(report.removed_bytes), report.orphan_count, report.kept_count,
                              size_text(report.kept_bytes)));
  if (report.in_use_count > 0) {
    terminal.result(fmt::format("{} of these stay because a run uses them or may be resumed\n", report.in_use_count));
  }
  return ExitStatus::kDone;
}

/// Why one job of a run ran or did not, as a person and as a program reads it.
struct Explanation {
  std::string job;
  std::string verdict;  ///< "reused", "ran"
  std::string reason;   ///< what there is to say when nothing differs
  std::vector<std::string> differences;
  std::string compared_with;

  std::string text() const {
    std::string lines = fmt::format("{}  {}{}{}\n", job, verdict, reason.empty() ? "" : ": ", reason);
    for (const auto& line : differences) lines += "    " + line + "\n";
    if (!compared_with.empty()) lines += "    compared with " + compared_with + "\n";
    return lines;
  }
  core::Value value() const {
    core::Array list;
    for (const auto& line : differences) list.push_back(line);
    return core::Object{{"job", job},
                        {"verdict", verdict},
                        {"reason", reason},
                        {"differences", std::move(list)},
                        {"compared_with", compared_with}};
  }
};

class Explainer {
 public:
  static core::Result<Explainer> make(const store::CacheFolder& folder) {
    ALVEUS_TRY_ASSIGN(auto comparison, store::CacheComparison::read(folder));
    return Explainer(folder, std::move(comparison));
  }

  Explanation explain(const store::JobSummary& job) const {
    const std::string& name = job.job.text();
    if (!job.reused_from.empty()) {
      return {.job = name, .verdict = "reused", .reason = "same tool, same inputs as in run " + job.reused_from.text()};
    }
    if (job.state == store::JobState::kSkipped) return {.job = name, .verdict = "did not run", .reason = "its 'when'"};
    if (!job.cache_refusal.empty()) return {.job = name, .verdict = "ran", .reason = job.cache_refusal};
    if (job.cache_key.empty()) {
      return {.job = name, .verdict = "ran", .reason = "the run had no cache, or it is no command"};
    }
    const auto entry = store::read_entry(folder_, job.cache_key);
    if (!entry) {
      return {.job = name,
              .verdict = "ran",
              .reason = "its result is not in the cache: it failed, or was removed since; key " +
                        job.cache_key.substr(0, kKeyShown)};
    }
    return explain_entry(*entry, name);
  }

  Explanation explain_entry(const store::CacheEntry& entry, const std::string& name) const {
    Explanation explanation{.job = name, .verdict = "ran", .reason = {}};
    const store::ResultIdentity identity{
        .tool = entry.tool,
        .definition = store::read_definition(folder_, entry.tool).value_or(core::Value(core::Object{})),
        .inputs = entry.inputs,
        .environment = entry.environment};
    auto nearest = comparison_.nearest(identity, entry.step, entry.run, entry.created_at);
    if (!nearest) {
      explanation.reason = "the cache held nothing of this step or tool before";
      return explanation;
    }
    explanation.differences = std::move(nearest->differences);
    explanation.compared_with = "job " + nearest->entry.job.text() + " of run " + nearest->entry.run.text();
    return explanation;
  }

 private:
  Explainer(store::CacheFolder folder, store::CacheComparison comparison)
      : folder_(std::move(folder)), comparison_(std::move(comparison)) {}

  store::CacheFolder folder_;
  store::CacheComparison comparison_;
};

/// The key that `text` begins, where it begins one.
core::Result<std::optional<std::string>> key_beginning_with(const store::CacheFolder& folder, const std::string& text) {
  constexpr std::size_t kLengthMin = 6;
  if (text.size() < kLengthMin || text.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  ALVEUS_TRY_ASSIGN(const auto keys, store::list_keys(folder));
  const auto found = std::ranges::lower_bound(keys, text);
  if (found == keys.end() || !found->starts_with(text)) return std::nullopt;
  if (std::next(found) != keys.end() && std::next(found)->starts_with(text)) {
    return core::fail(core::ErrorCode::kInvalidInput, "several keys begin with '" + text + "'; write more of it");
  }
  return *found;
}

/// A job by its name, all jobs of a step by its path, with or without the leading "/".
bool is_meant(const store::JobSummary& job, std::string wanted) {
  if (wanted.empty()) return true;
  if (!wanted.starts_with('/')) wanted.insert(0, "/");
  return job.job.text() == wanted || job.step.text() == wanted;
}

core::Result<std::vector<Explanation>> explain_run(const Explainer& explainer, const store::RunLog& log,
                                                   const std::string& wanted) {
  std::vector<Explanation> explanations;
  for (const auto& job : log.jobs) {
    if (is_meant(job, wanted)) explanations.push_back(explainer.explain(job));
  }
  if (!explanations.empty()) return explanations;
  return core::fail(core::ErrorCode::kNotFound, "the run has no step or job '" + wanted + "'");
}

core::Result<ExitStatus> explain(const cmdline::Flags& flags, std::span<const std::string>,
                                 cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto folder, folder_of(flags));
  ALVEUS_TRY_ASSIGN(const auto explainer, Explainer::make(folder));
  ALVEUS_TRY_ASSIGN(const auto key, key_beginning_with(folder, flags.text("what")));
  std::vector<Explanation> explanations;
  if (key) {
    ALVEUS_TRY_ASSIGN(const auto entry, store::read_entry(folder, *key));
    explanations = {explainer.explain_entry(entry, entry.job.text() + " of run " + entry.run.text())};
  } else {
    ALVEUS_TRY_ASSIGN(const auto state, state_directory_of(flags));
    ALVEUS_TRY_ASSIGN(const auto run, store::find_run_folder(state / "runs", flags.text("what")));
    ALVEUS_TRY_ASSIGN(const auto log, store::read_run(run.journal_file()));
    ALVEUS_TRY_ASSIGN(explanations, explain_run(explainer, log, flags.text("job")));
  }
  if (flags.on("json")) {
    core::Array list;
    for (const auto& explanation : explanations) list.push_back(explanation.value());
    terminal.result(core::to_json(std::move(list), core::JsonStyle::kIndented) + "\n");
    return ExitStatus::kDone;
  }
  for (std::size_t i = 0; i < std::min(explanations.size(), kJobsShown); ++i) {
    terminal.result(explanations[i].text());
  }
  if (explanations.size() > kJobsShown) {
    terminal.result(fmt::format("{} more jobs: name a step or a job\n", explanations.size() - kJobsShown));
  }
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_cache_list_command() {
  return {.name = "cache ls",
          .summary = "list the results in a cache",
          .details = "Lists what `run --cache DIR` has kept: a line for each result.",
          .flags = {cache_flag(), json_flag()},
          .run = list};
}

cmdline::Command make_cache_why_command() {
  return {.name = "cache why",
          .summary = "say why a job ran or was reused",
          .details =
              "Compares each job of a run with the nearest earlier result of its step or tool, and says which "
              "input or which part of the tool differs. RUN is a run's id, the beginning of one, or \"last\"; "
              "the key of a result, or its beginning, stands for its job.",
          .flags = {{.name = "what",
                     .value_name = "RUN|KEY",
                     .help = "The run, or a result's key.",
                     .required = true,
                     .positional = true},
                    {.name = "job",
                     .value_name = "STEP|JOB",
                     .help = "A step (train) or one job (/train/0.4); all jobs without it.",
                     .positional = true},
                    cache_flag(),
                    {.name = "state", .value_name = "DIR", .help = "Where the runs' journals lie, as for run."},
                    json_flag()},
          .run = explain};
}

cmdline::Command make_cache_clean_command() {
  return {.name = "cache gc",
          .summary = "remove results from a cache",
          .details =
              "Removes what the flags name, what killed runs left unfinished, and what is damaged. Safe beside "
              "runs that use the cache: what they took stays.",
          .flags = {cache_flag(),
                    {.name = "older-than", .value_name = "AGE", .help = "Results not used for so long: 30d, 12h, 90m."},
                    {.name = "max-size",
                     .value_name = "SIZE",
                     .help = "So many results, those longest unused first, that the rest fits: 500M, 20G."},
                    {.name = "all", .kind = Kind::kSwitch, .help = "Every result."},
                    {.name = "dry-run", .kind = Kind::kSwitch, .help = "Removes nothing; says what would go."},
                    json_flag()},
          .run = clean};
}

}  // namespace alveus::cli
