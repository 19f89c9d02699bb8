// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "cli/commands.hpp"
#include "cli/study_files.hpp"
#include "cmdline/terminal.hpp"
#include "core/json.hpp"
#include "study/folds.hpp"
#include "study/study_plan.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using cmdline::ExitStatus;
using core::ErrorCode;
using Kind = cmdline::Flag::Kind;

/// "--learning-rate" for the setting learning_rate.
std::string flag_of(const study::Setting& setting) {
  std::string name = setting.name;
  std::ranges::replace(name, '_', '-');
  return name;
}

/// Settings with one allowed value alone need no flag.
bool has_flag(const study::Setting& setting) { return setting.choices.size() != 1; }

/// What was set for this study counts for one of its networks; a preset may hold more.
core::Status check_axes(const study::StudyPlan& plan, const std::set<std::string>& wanted) {
  for (const std::string& setting : wanted) ALVEUS_TRY(study::check_counts(plan, setting));
  return {};
}

core::Result<study::StudyPlan> plan_of(const cmdline::Flags& flags) {
  if (!flags.text("preset").empty() && !flags.text("study").empty()) {
    return core::fail(ErrorCode::kInvalidInput, "--preset and --study both name the variants; give one");
  }
  core::Result<study::StudyPlan> plan = study::StudyPlan{};
  std::set<std::string> wanted;
  if (const auto file = flags.text("study"); !file.empty()) {
    ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
    ALVEUS_TRY_ASSIGN(plan, study::parse_plan(file, text));
    for (const auto& grid : plan->grids) {
      for (const auto& axis : grid.axes) wanted.insert(axis.setting);
    }
  } else {
    const auto preset = flags.text("preset");
    plan = study::preset_plan(preset.empty() ? "quick" : preset);
  }
  ALVEUS_TRY(plan);
  for (const auto& setting : study::all_settings()) {
    std::vector<core::Value> values;
    for (const auto& text : flags.list(flag_of(setting))) {
      ALVEUS_TRY_ASSIGN(auto value, study::read_setting(setting, text));
      values.push_back(std::move(value));
    }
    if (values.empty()) continue;
    ALVEUS_TRY(study::set_axis(*plan, setting.name, std::move(values)));
    wanted.insert(setting.name);
  }
  ALVEUS_TRY(check_axes(*plan, wanted));
  return plan;
}

/// A folder that holds other variants would mix two studies: what reads it takes every file there.
core::Status check_folder(const std::filesystem::path& out, const std::set<std::string>& names) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(out, error)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(".json") && !names.contains(name)) {
      return core::fail(ErrorCode::kInvalidInput, "'" + out.string() + "' holds '" + name +
                                                      "', no variant of this study; choose another --out or remove it");
    }
  }
  return {};
}

/// What some of the variants start from, a file each in a folder of its own.
core::Status write_pretrainings(std::span<const study::Pretraining> pretrainings, const std::filesystem::path& out) {
  std::set<std::string> names;
  for (const auto& pretraining : pretrainings) names.insert(pretraining.id + ".json");
  const auto folder = out / "pretrainings";
  ALVEUS_TRY(check_folder(folder, names));
  ALVEUS_TRY(sys::make_directories(folder));
  for (const auto& pretraining : pretrainings) {
    const auto content = core::to_json(study::to_value(pretraining), core::JsonStyle::kIndented) + "\n";
    ALVEUS_TRY(sys::write_file(folder / (pretraining.id + ".json"), content));
  }
  return sys::write_file(out / "pretrainings.csv", study::pretrainings_csv(pretrainings));
}

core::Result<ExitStatus> run_variants(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto plan, plan_of(flags));
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(flags.text("folds")));
  ALVEUS_TRY_ASSIGN(const auto folds, study::FoldTable::parse(flags.text("folds"), text));
  ALVEUS_TRY_ASSIGN(const auto variants, study::expand(plan, folds.count()));

  const auto pretrainings = study::pretrainings_of(variants);
  std::set<std::string> names;
  std::set<std::string> configurations;
  for (const auto& variant : variants) {
    names.insert(variant.id + ".json");
    configurations.insert(variant.configuration);
  }
  const std::filesystem::path out = flags.text("out");
  ALVEUS_TRY(check_folder(out, names));
  ALVEUS_TRY(write_pretrainings(pretrainings, out));
  for (const auto& variant : variants) {
    const auto content = core::to_json(study::to_value(variant), core::JsonStyle::kIndented) + "\n";
    ALVEUS_TRY(sys::write_file(out / (variant.id + ".json"), content));
  }
  ALVEUS_TRY(sys::write_file(out / "variants.csv", study::variants_csv(variants)));
  terminal.message("variants: " + counted(configurations.size(), "configuration") + " on " +
                   counted(static_cast<std::size_t>(folds.count()), "fold") + ", " +
                   counted(variants.size(), "variant") +
                   (pretrainings.empty() ? "" : ", " + counted(pretrainings.size(), "pre-training")));
  return ExitStatus::kDone;
}

std::string details() {
  std::string text =
      "Every combination of the study's settings on every fold becomes one variant: a JSON file with a stable id, and "
      "a row of variants.csv. What several variants start from, learned without labels ('alveus pretrain'), is listed "
      "once "
      "in pretrainings.csv, with a file each in the folder pretrainings. The settings come from a preset, or from a "
      "study file: one JSON object like "
      "{\"network\": [\"resnet18\", \"densenet121\"], \"learning_rate\": [0.001, 0.0001], \"epochs\": 20}. Flags for "
      "settings replace those of the preset or file and may list several values.\n\nPresets:\n";
  for (const auto& preset : study::presets()) {
    text += "  " + std::string(preset.name) + ": " + std::string(preset.summary) + "\n      " +
            std::string(preset.axes) + "\n";
  }
  text +=
      "\nThe claire presets start from ImageNet weights, which are not part of this program; give yours to "
      "'alveus study run' or 'alveus train' with --weights, or add '--initialisation scratch' to train without "
      "them.\n\nNetworks: ";
  const auto network = study::find_setting("network");
  for (const auto& name : (*network)->choices) text += (name == (*network)->choices.front() ? "" : ", ") + name;
  return text;
}

}  // namespace

cmdline::Command make_variants_command() {
  cmdline::Command command = {
      .name = "variants",
      .summary = "expand the axes of a study to variants, one file each",
      .details = details(),
      .flags = {{.name = "folds",
                 .kind = Kind::kText,
                 .value_name = "FILE",
                 .help = "folds.csv of 'alveus split'.",
                 .required = true},
                {.name = "out",
                 .kind = Kind::kText,
                 .value_name = "DIR",
                 .help = "Folder for the variant files, variants.csv and what goes before them.",
                 .required = true},
                {.name = "preset",
                 .kind = Kind::kText,
                 .value_name = "NAME",
                 .help = "A study with a name; 'quick' when there is no --study."},
                {.name = "study", .kind = Kind::kText, .value_name = "FILE", .help = "A study file of your own."}},
      .run = run_variants};
  for (const auto& setting : study::all_settings()) {
    if (!has_flag(setting)) continue;
    command.flags.push_back({.name = flag_of(setting),
                             .kind = Kind::kTextList,
                             .value_name = "VALUE",
                             .help = "In place of the study's: " + setting.help + "."});
  }
  return command;
}

}  // namespace alveus::cli
