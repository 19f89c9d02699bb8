// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/training_settings.hpp"
#include "study/variant.hpp"

namespace alveus::study {

/// The values that one setting takes in a study.
struct Axis {
  std::string setting;
  std::vector<core::Value> values;  ///< at least one, all different
};

/// The axes of a study, in the order of `all_settings`. Settings that are no axis keep their default.
struct StudyPlan {
  std::vector<Axis> axes;
};

/// Reads a study file: one JSON object, each member a setting with one value or a list of values. Every value is
/// checked. kInvalidInput names file, setting and value; a misspelt setting gets a suggestion.
core::Result<StudyPlan> parse_plan(std::string_view name, std::string_view text);

/// Sets or replaces an axis. kInvalidInput when the setting is unknown, no value is given, a value is not allowed or
/// stands twice; the plan is then unchanged.
core::Status set_axis(StudyPlan& plan, std::string_view setting, std::vector<core::Value> values);

/// A study that has a name.
struct Preset {
  std::string_view name;
  std::string_view summary;
  std::string_view axes;
};
std::span<const Preset> presets();

/// kInvalidInput suggests the likely name.
core::Result<StudyPlan> preset_plan(std::string_view name);

/// How many variants the plan has on so many folds.
std::size_t variant_count(const StudyPlan& plan, int folds);

/// Every combination of the axes on every fold, sorted by id. kInvalidInput when there are more than 100 000.
core::Result<std::vector<Variant>> expand(const StudyPlan& plan, int folds);

}  // namespace alveus::study
