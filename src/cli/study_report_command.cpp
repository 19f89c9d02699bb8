// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "cli/commands.hpp"
#include "cmdline/terminal.hpp"
#include "report/report.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

constexpr std::int64_t kPicturesMax = 1000;

core::Result<std::size_t> count_of(const cmdline::Flags& flags, std::string_view name) {
  const std::int64_t count = flags.integer(name);
  if (count >= 0 && count <= kPicturesMax) return static_cast<std::size_t>(count);
  return core::fail(core::ErrorCode::kInvalidInput,
                    "--" + std::string(name) + " must be from 0 to " + std::to_string(kPicturesMax));
}

core::Result<ExitStatus> run_report(const cmdline::Flags& flags, std::span<const std::string>,
                                    cmdline::Terminal& terminal) {
  report::StudyPaths paths{.comparison = flags.text("comparison"),
                           .metrics = flags.text("metrics"),
                           .training = {},
                           .explanations = {},
                           .study = flags.text("study"),
                           .folds = flags.text("folds"),
                           .tensors = flags.text("tensors")};
  for (const auto& folder : flags.list("training")) paths.training.emplace_back(folder);
  for (const auto& folder : flags.list("explanations")) paths.explanations.emplace_back(folder);
  report::ReportOptions options;
  options.title = flags.text("title");
  ALVEUS_TRY_ASSIGN(options.gallery_max, count_of(flags, "gallery"));
  ALVEUS_TRY_ASSIGN(options.curves_max, count_of(flags, "curves"));
  ALVEUS_TRY_ASSIGN(const auto evidence, report::load_evidence(paths, options));
  const std::string page = report::render_report(evidence, options);
  const std::string out = flags.text("out");
  ALVEUS_TRY(sys::write_file(out, page));
  terminal.message("report of " + std::to_string(evidence.comparison.ranking.size()) + " configurations in " + out);
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_study_report_command() {
  const report::ReportOptions defaults;
  return {
      .name = "study report",
      .summary = "make one self-contained HTML page of a study",
      .details =
          "Joins what the other steps wrote to a page that needs no other file and no network: key result, ranking "
          "with intervals and tests, ROC curves, calibration, training curves, explanations, data flow, methods "
          "with every constant, failed variants, a reporting checklist that says what is missing, and the SHA-256 "
          "of every file a number comes from. The same files give the same bytes; only the section made from "
          "timing.json differs from run to run.\n\n"
          "For research only; the page says so.",
      .flags = {{.name = "comparison",
                 .value_name = "DIR",
                 .help = "Folder of 'alveus compare', or its comparison.json.",
                 .required = true},
                {.name = "metrics", .value_name = "FILE", .help = "metrics.json of the same scores.", .required = true},
                {.name = "training",
                 .kind = Kind::kTextList,
                 .value_name = "DIR",
                 .help = "Folders of 'alveus train', those of failed variants included."},
                {.name = "explanations",
                 .kind = Kind::kTextList,
                 .value_name = "DIR",
                 .help = "Folders of 'alveus explain'."},
                {.name = "study", .value_name = "DIR", .help = "Folder of 'alveus ingest'."},
                {.name = "folds", .value_name = "DIR", .help = "Folder of 'alveus split'."},
                {.name = "tensors", .value_name = "DIR", .help = "Folder of 'alveus window'."},
                {.name = "out", .value_name = "FILE", .help = "The page.", .required = true},
                {.name = "title", .value_name = "TEXT", .help = "Title of the page.", .fallback = defaults.title},
                {.name = "gallery",
                 .kind = Kind::kInteger,
                 .value_name = "N",
                 .help = "Explained slices to show, those of the best first.",
                 .fallback = std::to_string(defaults.gallery_max)},
                {.name = "curves",
                 .kind = Kind::kInteger,
                 .value_name = "N",
                 .help = "Trainings whose curves to draw, those of the best first.",
                 .fallback = std::to_string(defaults.curves_max)}},
      .run = run_report};
}

}  // namespace alveus::cli
