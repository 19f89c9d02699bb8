// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/study_files.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"
#include "study/metrics_document.hpp"
#include "study/study_metrics.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

core::Result<ExitStatus> run_metrics(const cmdline::Flags& flags, std::span<const std::string>,
                                     cmdline::Terminal& terminal) {
  if (flags.list("scores").empty() && flags.list("failure").empty()) {
    return core::fail(core::ErrorCode::kInvalidInput, "there is nothing to measure; name score files with --scores");
  }
  ALVEUS_TRY_ASSIGN(const auto resamples, integer_between(flags, "bootstrap", kResamplesLeast, kResamplesMax));
  ALVEUS_TRY_ASSIGN(const auto seed, integer_between(flags, "seed", 0, kSeedMax));
  ALVEUS_TRY_ASSIGN(const auto scores, read_score_files(flags, "scores"));
  ALVEUS_TRY_ASSIGN(auto failures, read_failure_files(flags, "failure"));
  const study::MetricsOptions options = {.aggregate = *study::find_aggregate(flags.text("aggregate")),
                                         .threshold = *study::find_threshold_rule(flags.text("threshold")),
                                         .resamples = static_cast<std::size_t>(resamples),
                                         .seed = static_cast<std::uint64_t>(seed)};
  ALVEUS_TRY_ASSIGN(const auto metrics, study::measure_study(scores, options, std::move(failures)));
  const auto document = core::to_json(study::to_value(metrics), core::JsonStyle::kIndented) + "\n";
  ALVEUS_TRY(sys::write_file(flags.text("out"), document));
  for (const auto& warning : metrics.warnings) terminal.warning(warning);
  terminal.message("metrics: " + counted(metrics.variants.size(), "variant") + " of " +
                   counted(metrics.configurations.size(), "configuration") + ", " +
                   std::to_string(metrics.failures.size()) + " failed");
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_metrics_command() {
  return {
      .name = "metrics",
      .summary = "measure scores by patient and by slice, with intervals",
      .details =
          "Measures every variant, and every configuration on the test scores of all its folds together. The "
          "threshold of a fold is fixed on its validation scores; test scores never enter. Intervals hold with "
          "95 %: closed formulae for patients, resamples of patients for slices.\n\n"
          "The formats of scores and metrics stand in docs/internals/study-formats.md.",
      .flags =
          {{.name = "scores",
            .kind = Kind::kTextList,
            .value_name = "FILE",
            .help = "Score tables of 'alveus predict'."},
           {.name = "failure",
            .kind = Kind::kTextList,
            .value_name = "FILE",
            .help = "failure.json of variants that gave no scores."},
           {.name = "out", .kind = Kind::kText, .value_name = "FILE", .help = "The metrics, JSON.", .required = true},
           {.name = "aggregate",
            .kind = Kind::kText,
            .value_name = "RULE",
            .help = "How a patient's slices become one probability.",
            .fallback = "mean",
            .choices = {"mean", "max"}},
           {.name = "threshold",
            .kind = Kind::kText,
            .value_name = "RULE",
            .help = "What fixes the threshold on validation.",
            .fallback = "youden",
            .choices = {"youden", "0.5", "sensitivity95"}},
           {.name = "bootstrap",
            .kind = Kind::kInteger,
            .value_name = "N",
            .help = "Resamples of patients, 200 at least.",
            .fallback = "2000"},
           {.name = "seed",
            .kind = Kind::kInteger,
            .value_name = "N",
            .help = "Seed of the resamples.",
            .fallback = "1"}},
      .run = run_metrics};
}

}  // namespace alveus::cli
