// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "report/detail/read_results.hpp"
#include "report/report.hpp"
#include "study/failure.hpp"
#include "sys/file.hpp"

namespace alveus::report {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kTextBytesMax = std::uintmax_t{1} << 30U;
constexpr std::uintmax_t kPictureBytesMax = 4'000'000;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

class Loader {
 public:
  Loader(const StudyPaths& paths, const ReportOptions& options) : paths_(paths), options_(options) {}

  core::Result<Evidence> load() {
    ALVEUS_TRY(load_results());
    for (const auto& folder : paths_.training) ALVEUS_TRY(load_training(folder));
    std::ranges::stable_sort(evidence_.runs, {}, &TrainingRun::variant);
    for (const auto& folder : paths_.explanations) ALVEUS_TRY(load_explanations(folder));
    std::ranges::stable_sort(evidence_.explanations, {}, [](const Explanation& explanation) {
      return std::tie(explanation.variant, explanation.file);
    });
    ALVEUS_TRY(load_pictures());
    if (!paths_.study.empty()) ALVEUS_TRY(load_cohort());
    if (!paths_.folds.empty()) {
      ALVEUS_TRY_ASSIGN(const auto text, read("folds/folds.json", paths_.folds / "folds.json"));
      ALVEUS_TRY_ASSIGN(evidence_.folds, read_folds((paths_.folds / "folds.json").string(), text));
    }
    if (!paths_.tensors.empty()) {
      ALVEUS_TRY_ASSIGN(const auto text, read("tensors/tensors.json", paths_.tensors / "tensors.json"));
      ALVEUS_TRY_ASSIGN(evidence_.tensors, read_tensors((paths_.tensors / "tensors.json").string(), text));
    }
    std::ranges::sort(evidence_.sources, {}, &SourceFile::name);
    return std::move(evidence_);
  }

 private:
  core::Result<std::string> read(std::string name, const fs::path& path, std::uintmax_t limit_bytes = kTextBytesMax) {
    ALVEUS_TRY_ASSIGN(auto text, sys::read_file(path, limit_bytes));
    evidence_.sources.push_back(
        {.name = std::move(name), .sha256 = core::hash_text(core::HashKind::kSha256, text), .size_bytes = text.size()});
    return text;
  }

  core::Status load_results() {
    ALVEUS_TRY_ASSIGN(const auto metrics, read("metrics.json", paths_.metrics));
    ALVEUS_TRY_ASSIGN(evidence_.metrics, read_metrics(paths_.metrics.string(), metrics));
    std::error_code ignored;
    const bool is_folder = fs::is_directory(paths_.comparison, ignored);
    const fs::path file = is_folder ? paths_.comparison / "comparison.json" : paths_.comparison;
    ALVEUS_TRY_ASSIGN(const auto comparison, read("comparison/comparison.json", file));
    ALVEUS_TRY_ASSIGN(evidence_.comparison, read_comparison(file.string(), comparison));
    if (const fs::path ranking = file.parent_path() / "ranking.csv"; is_there(ranking)) {
      ALVEUS_TRY(read("comparison/ranking.csv", ranking));
    }
    if (evidence_.metrics.scores_sha256 != evidence_.comparison.scores_sha256) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "was made from other scores than '" + paths_.metrics.string() +
                            "': their scores_sha256 differ; run `alveus compare` again",
                        file.string());
    }
    return {};
  }

  core::Status load_training(const fs::path& folder) {
    if (is_there(folder / "training.json")) {
      ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(folder / "training.json", kTextBytesMax));
      ALVEUS_TRY_ASSIGN(auto run, read_training((folder / "training.json").string(), text));
      const std::string prefix = "training/" + run.variant + "/";
      ALVEUS_TRY(read(prefix + "training.json", folder / "training.json"));
      if (is_there(folder / "history.csv")) {
        ALVEUS_TRY_ASSIGN(const auto history, read(prefix + "history.csv", folder / "history.csv"));
        ALVEUS_TRY_ASSIGN(run.history, read_history((folder / "history.csv").string(), history));
      }
      if (is_there(folder / "timing.json")) {
        // Not among the sources: it differs from run to run, and with it the page's hash list would.
        ALVEUS_TRY_ASSIGN(const auto timing, sys::read_file(folder / "timing.json", kTextBytesMax));
        ALVEUS_TRY_ASSIGN(run.timing, core::parse_json_file((folder / "timing.json").string(), timing));
      }
      return add_run(std::move(run), folder);
    }
    const fs::path file = folder / study::kFailureFile;
    ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file, kTextBytesMax));
    TrainingRun run;
    ALVEUS_TRY_ASSIGN(run.failure, study::parse_failure(file.string(), text));
    run.variant = run.failure->variant;
    ALVEUS_TRY(read("training/" + run.variant + "/" + std::string(study::kFailureFile), file));
    return add_run(std::move(run), folder);
  }

  core::Status add_run(TrainingRun run, const fs::path& folder) {
    if (!variants_.insert(run.variant).second) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "the variant '" + run.variant + "' was given twice; name each training folder once",
                        folder.string());
    }
    evidence_.runs.push_back(std::move(run));
    return {};
  }

  core::Status load_explanations(const fs::path& folder) {
    const fs::path file = folder / "explanations.csv";
    ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file, kTextBytesMax));
    ALVEUS_TRY_ASSIGN(auto explanations, read_explanations(file.string(), text));
    if (explanations.empty()) return {};
    const std::string variant = explanations.front().variant;
    ALVEUS_TRY(read("explanations/" + variant + "/explanations.csv", file));
    for (auto& explanation : explanations) {
      if (explanation.variant != variant) {
        return core::fail(core::ErrorCode::kInvalidInput, "holds explanations of more than one variant", file.string());
      }
      evidence_.explanations.push_back(std::move(explanation));
    }
    explanation_folders_[variant] = folder;
    return {};
  }

  /// Reads the pictures that the page shows: configurations in the order of the ranking, one picture of each of their
  /// variants in turn, so that no fold crowds out the others.
  core::Status load_pictures() {
    std::map<std::string, std::vector<Explanation*>> by_variant;
    for (auto& explanation : evidence_.explanations) by_variant[explanation.variant].push_back(&explanation);
    std::size_t left = options_.gallery_max;
    std::vector<std::vector<std::string>> groups;
    for (const auto& ranked : evidence_.comparison.ranking) {
      if (const auto* result = evidence_.metrics.find(ranked.configuration)) groups.push_back(result->variants);
    }
    for (const auto& group : groups) {
      for (std::size_t round = 0, taken = 1; taken > 0 && left > 0; ++round) {
        taken = 0;
        for (const auto& variant : group) {
          if (left == 0 || by_variant[variant].size() <= round) continue;
          ALVEUS_TRY(load_picture(*by_variant[variant][round]));
          --left;
          ++taken;
        }
      }
    }
    return {};
  }

  core::Status load_picture(Explanation& explanation) {
    const fs::path file = explanation_folders_[explanation.variant] / explanation.file;
    ALVEUS_TRY_ASSIGN(explanation.png,
                      read("explanations/" + explanation.variant + "/" + explanation.file, file, kPictureBytesMax));
    if (explanation.png.starts_with(kPngSignature)) return {};
    return core::fail(core::ErrorCode::kInvalidInput, "is no PNG picture", file.string());
  }

  core::Status load_cohort() {
    const fs::path& folder = paths_.study;
    ALVEUS_TRY_ASSIGN(const auto study, read("study/study.csv", folder / "study.csv"));
    ALVEUS_TRY_ASSIGN(auto cohort, read_cohort((folder / "study.csv").string(), study));
    if (is_there(folder / "rejected.csv")) {
      ALVEUS_TRY_ASSIGN(const auto rejected, read("study/rejected.csv", folder / "rejected.csv"));
      ALVEUS_TRY(add_rejected(cohort, (folder / "rejected.csv").string(), rejected));
    }
    if (is_there(folder / "ingest.json")) {
      ALVEUS_TRY_ASSIGN(const auto ingest, read("study/ingest.json", folder / "ingest.json"));
      ALVEUS_TRY_ASSIGN(cohort.ingest, core::parse_json_file((folder / "ingest.json").string(), ingest));
    }
    evidence_.cohort = std::move(cohort);
    return {};
  }

  const StudyPaths& paths_;
  const ReportOptions& options_;
  Evidence evidence_;
  std::set<std::string> variants_;
  std::map<std::string, fs::path> explanation_folders_;
};

}  // namespace

core::Result<Evidence> load_evidence(const StudyPaths& paths, const ReportOptions& options) {
  return Loader(paths, options).load();
}

}  // namespace alveus::report
