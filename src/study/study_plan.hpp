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

/// All combinations of some axes, which stand in the order of `all_settings`. Settings that are no axis keep their
/// default.
struct Grid {
  std::vector<Axis> axes;
};

struct StudyPlan {
  std::vector<Grid> grids{1};  ///< at least one
};

/// Reads a study file: a grid, which is a JSON object with a setting a member, each with one value or a list of values;
/// or a list of grids. Every value is checked. kInvalidInput names file, setting and value; a misspelt setting gets a
/// suggestion.
core::Result<StudyPlan> parse_plan(std::string_view name, std::string_view text);

/// Sets or replaces an axis of every grid. kInvalidInput when the setting is unknown, no value is given, a value is not
/// allowed or stands twice; the plan is then unchanged.
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

/// kInvalidInput when the plan names no network for which the setting counts.
core::Status check_counts(const StudyPlan& plan, std::string_view setting);

/// How many variants the plan has on so many folds; fewer where an axis counts for some of its networks alone.
std::size_t variant_count(const StudyPlan& plan, int folds);

/// Every combination of each grid on every fold, sorted by id. An axis that does not count for a network does not
/// multiply its variants. kInvalidInput when there are more than 100 000, or when one stands in two grids.
core::Result<std::vector<Variant>> expand(const StudyPlan& plan, int folds);

}  // namespace alveus::study
