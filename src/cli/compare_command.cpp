// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/study_files.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"
#include "study/comparison.hpp"
#include "study/metrics_document.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

/// How many rows of the ranking the terminal shows.
constexpr std::size_t kShownMax = 10;

std::string three_digits(double number) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.3f", number);
  return {text.data(), static_cast<std::size_t>(size)};
}

void show(const study::Comparison& comparison, cmdline::Terminal& terminal) {
  const std::size_t shown = std::min(kShownMax, comparison.ranking.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& ranked = comparison.ranking[i];
    terminal.message(std::to_string(ranked.rank) + "  AUROC " + three_digits(*ranked.auroc.value) + " (" +
                     three_digits(ranked.auroc.interval->low) + " to " + three_digits(ranked.auroc.interval->high) +
                     ")  " + ranked.configuration);
  }
  if (shown < comparison.ranking.size()) {
    terminal.message("and " + std::to_string(comparison.ranking.size() - shown) + " more in ranking.csv");
  }
}

core::Result<study::MetricsOptions> options_of(const cmdline::Flags& flags, const study::MetricsHeader& header) {
  study::MetricsOptions options = header.options;
  if (flags.has("bootstrap")) {
    ALVEUS_TRY_ASSIGN(const auto resamples, integer_between(flags, "bootstrap", kResamplesLeast, kResamplesMax));
    options.resamples = static_cast<std::size_t>(resamples);
  }
  if (flags.has("seed")) {
    ALVEUS_TRY_ASSIGN(const auto seed, integer_between(flags, "seed", 0, kSeedMax));
    options.seed = static_cast<std::uint64_t>(seed);
  }
  return options;
}

core::Result<ExitStatus> run_compare(const cmdline::Flags& flags, std::span<const std::string>,
                                     cmdline::Terminal& terminal) {
  const auto metrics_file = flags.text("metrics");
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(metrics_file));
  ALVEUS_TRY_ASSIGN(auto header, study::parse_metrics_header(metrics_file, text));
  ALVEUS_TRY_ASSIGN(const auto options, options_of(flags, header));
  ALVEUS_TRY_ASSIGN(const auto scores, read_score_files(flags, "scores"));
  if (scores.sha256 != header.scores_sha256) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the metrics were made from other scores; give --scores the files that 'alveus metrics' had",
                      metrics_file);
  }
  ALVEUS_TRY_ASSIGN(auto failures, read_failure_files(flags, "failure"));
  ALVEUS_TRY_ASSIGN(auto comparison, study::compare_configurations(scores, options));
  failures.insert(failures.end(), header.failures.begin(), header.failures.end());
  std::ranges::sort(failures);
  failures.erase(std::unique(failures.begin(), failures.end()), failures.end());
  comparison.failures = std::move(failures);
  comparison.warnings.insert(comparison.warnings.begin(), header.warnings.begin(), header.warnings.end());

  const std::filesystem::path out = flags.text("out");
  ALVEUS_TRY(sys::make_directories(out));
  ALVEUS_TRY(sys::write_file(out / "ranking.csv", study::ranking_csv(comparison)));
  const auto document = core::to_json(study::to_value(comparison), core::JsonStyle::kIndented) + "\n";
  ALVEUS_TRY(sys::write_file(out / "comparison.json", document));
  for (const auto& excluded : comparison.excluded) {
    terminal.warning("'" + excluded.configuration + "' is not ranked: " + excluded.reason);
  }
  show(comparison, terminal);
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_compare_command() {
  return {.name = "compare",
          .summary = "rank the configurations of a study, with intervals and paired tests",
          .details =
              "Ranks by patient-level AUROC. Every configuration is compared with the best on the same patients: "
              "paired bootstrap, DeLong's and McNemar's tests, each family corrected after Holm. What the choice of "
              "the best among many adds to its AUROC is estimated out of bag. Configurations that lack test scores of "
              "some patients are listed but not ranked.\n\n"
              "Writes comparison.json and ranking.csv (docs/internals/study-formats.md).",
          .flags = {{.name = "scores",
                     .kind = Kind::kTextList,
                     .value_name = "FILE",
                     .help = "The score tables that the metrics were made from.",
                     .required = true},
                    {.name = "metrics",
                     .kind = Kind::kText,
                     .value_name = "FILE",
                     .help = "metrics.json; it decides aggregation and threshold.",
                     .required = true},
                    {.name = "out",
                     .kind = Kind::kText,
                     .value_name = "DIR",
                     .help = "Folder for comparison.json and ranking.csv.",
                     .required = true},
                    {.name = "failure",
                     .kind = Kind::kTextList,
                     .value_name = "FILE",
                     .help = "failure.json of variants, beside those the metrics list."},
                    {.name = "bootstrap",
                     .kind = Kind::kInteger,
                     .value_name = "N",
                     .help = "Resamples of patients, 200 at least; those of the metrics when not given."},
                    {.name = "seed",
                     .kind = Kind::kInteger,
                     .value_name = "N",
                     .help = "Seed of the resamples; that of the metrics when not given."}},
          .run = run_compare};
}

}  // namespace alveus::cli
