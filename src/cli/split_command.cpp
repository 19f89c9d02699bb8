// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "cli/commands.hpp"
#include "cli/study_files.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"
#include "study/folds.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

constexpr std::int64_t kFoldsMax = 1000;

core::Result<study::SplitMethod> method_of(const cmdline::Flags& flags, std::span<const study::Sample> samples) {
  const std::string method = flags.text("method");
  if (method == "official") return study::SplitMethod::kOfficial;
  if (method == "grouped") return study::SplitMethod::kGrouped;
  return study::natural_method(samples);
}

core::Result<ExitStatus> run_split(const cmdline::Flags& flags, std::span<const std::string>,
                                   cmdline::Terminal& terminal) {
  const auto table = std::filesystem::path(flags.text("tensors")) / "samples.csv";
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(table));
  ALVEUS_TRY_ASSIGN(const auto samples, study::parse_samples(table.string(), text));
  ALVEUS_TRY_ASSIGN(const auto method, method_of(flags, samples));
  ALVEUS_TRY_ASSIGN(const auto count, integer_between(flags, "folds", 1, kFoldsMax));
  ALVEUS_TRY_ASSIGN(const auto seed, integer_between(flags, "seed", 0, kSeedMax));
  const auto number = static_cast<std::uint64_t>(seed);
  ALVEUS_TRY_ASSIGN(const auto folds, method == study::SplitMethod::kOfficial
                                          ? study::official_folds(samples)
                                          : study::grouped_folds(samples, static_cast<int>(count), number));
  ALVEUS_TRY(study::check_leaks(folds, samples));

  const std::filesystem::path out = flags.text("out");
  ALVEUS_TRY(sys::make_directories(out));
  ALVEUS_TRY(sys::write_file(out / "folds.csv", folds.csv()));
  const auto summary = study::folds_summary(folds, samples, method, number);
  ALVEUS_TRY(sys::write_file(out / "folds.json", core::to_json(summary, core::JsonStyle::kIndented) + "\n"));
  terminal.message("split: " + std::string(name_of(method)) + ", " +
                   counted(static_cast<std::size_t>(folds.count()), "fold") + " of " +
                   counted(folds.roles(0).size(), "patient") + ", no leaks");
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_split_command() {
  return {.name = "split",
          .summary = "freeze the folds of a study, grouped by patient",
          .details =
              "Writes folds.csv (fold, patient, role) and folds.json. 'grouped' deals the patients of each class "
              "to the folds; fold i is tested, the next one validates. 'official' takes the split that the "
              "data set prescribes as fold 0; 'auto' does so when every sample has one.\n\n"
              "The command fails when a patient, or one and the same picture, stands in two roles of a fold.",
          .flags = {{.name = "tensors",
                     .kind = Kind::kText,
                     .value_name = "DIR",
                     .help = "Folder that 'alveus window' wrote.",
                     .required = true},
                    {.name = "out",
                     .kind = Kind::kText,
                     .value_name = "DIR",
                     .help = "Folder for folds.csv and folds.json.",
                     .required = true},
                    {.name = "method",
                     .kind = Kind::kText,
                     .value_name = "METHOD",
                     .help = "How the folds come about.",
                     .fallback = "auto",
                     .choices = {"auto", "official", "grouped"}},
                    {.name = "folds",
                     .kind = Kind::kInteger,
                     .value_name = "N",
                     .help = "Number of folds of method 'grouped', 3 at least.",
                     .fallback = "5"},
                    {.name = "seed",
                     .kind = Kind::kInteger,
                     .value_name = "N",
                     .help = "Seed of the shuffle of patients.",
                     .fallback = "1"}},
          .run = run_split};
}

}  // namespace alveus::cli
