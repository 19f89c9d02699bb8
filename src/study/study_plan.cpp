// SPDX-License-Identifier: Apache-2.0
#include "study/study_plan.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/check.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;
using core::Value;

constexpr std::size_t kVariantsMax = 100000;

constexpr std::array kPresets = {
    Preset{
        .name = "quick", .summary = "a first look in minutes: few epochs", .axes = "resnet18, densenet121, vgg11_bn"},
    Preset{.name = "claire-60",
           .summary = "the demonstration grid: 12 configurations, 60 trainings on 5 folds",
           .axes = "densenet121 x 3 learning rates x 2 step sizes x 2 weight decays"},
    Preset{.name = "claire-108x5",
           .summary = "the released grid: 108 configurations, 540 trainings on 5 folds",
           .axes = "4 DenseNets x 3 learning rates x 3 step sizes x 3 weight decays"},
    Preset{.name = "claire-990",
           .summary = "a reconstruction (no source says how 990 is made up): 198 configurations",
           .axes = "11 networks x 2 start weights x 3 learning rates x 3 step sizes x 5 folds"},
};

std::size_t place_of(std::string_view setting) {
  const auto settings = all_settings();
  return static_cast<std::size_t>(std::ranges::find(settings, setting, &Setting::name) - settings.begin());
}

void put(StudyPlan& plan, std::string_view setting, std::vector<Value> values) {
  const auto done = set_axis(plan, setting, std::move(values));
  ALVEUS_CHECK(done.has_value(), "presets hold allowed values");
}

/// The settings of the published trainings that are no axis of their grids, and the learning rates of all.
StudyPlan published_plan() {
  StudyPlan plan;
  put(plan, "learning_rate", {1e-3, 1e-4, 1e-5});
  put(plan, "optimizer", {"adam-amsgrad"});
  put(plan, "gamma", {0.1});
  put(plan, "epochs", {50});
  put(plan, "patience", {10});
  put(plan, "batch_size", {32});
  put(plan, "augmentation", {"none"});
  return plan;
}

StudyPlan quick_plan() {
  StudyPlan plan;
  put(plan, "network", {"resnet18", "densenet121", "vgg11_bn"});
  // VGG stays at chance with more, DenseNet with less.
  put(plan, "learning_rate", {2e-4});
  put(plan, "step_size", {6});
  put(plan, "epochs", {8});
  put(plan, "patience", {8});
  put(plan, "batch_size", {16});
  put(plan, "augmentation", {"flips-affine"});
  return plan;
}

StudyPlan demonstration_plan() {
  StudyPlan plan = published_plan();
  put(plan, "network", {"densenet121"});
  put(plan, "initialisation", {"imagenet"});
  put(plan, "step_size", {10, 15});
  put(plan, "weight_decay", {5e-4, 5e-5});
  return plan;
}

StudyPlan released_plan() {
  StudyPlan plan = published_plan();
  put(plan, "network", {"densenet121", "densenet161", "densenet169", "densenet201"});
  put(plan, "initialisation", {"imagenet"});
  put(plan, "step_size", {10, 15, 20});
  put(plan, "weight_decay", {5e-4, 1e-4, 5e-5});
  return plan;
}

StudyPlan reconstructed_plan() {
  StudyPlan plan = published_plan();
  put(plan, "network",
      {"densenet121", "densenet161", "densenet169", "densenet201", "resnet18", "resnet34", "resnet50", "resnet101",
       "resnet152", "resnext50_32x4d", "resnext101_32x8d"});
  put(plan, "initialisation", {"imagenet", "rotation"});
  put(plan, "step_size", {10, 15, 20});
  put(plan, "weight_decay", {5e-4});
  return plan;
}

/// The settings with defaults in place of what does not count for their network.
core::Result<TrainingSettings> counting_alone(TrainingSettings settings) {
  const TrainingSettings defaults;
  for (const auto& setting : all_settings()) {
    if (!counts_for(setting, settings.network)) ALVEUS_TRY(assign(settings, setting, value_of(defaults, setting)));
  }
  return settings;
}

/// Adds every combination of the axes from `axis` on to `all`.
core::Status combine(const Grid& grid, std::size_t axis, TrainingSettings settings,
                     std::vector<TrainingSettings>& all) {
  if (axis == grid.axes.size()) {
    ALVEUS_TRY_ASSIGN(settings, counting_alone(std::move(settings)));
    all.push_back(std::move(settings));
    return {};
  }
  ALVEUS_TRY_ASSIGN(const Setting* setting, find_setting(grid.axes[axis].setting));
  for (const auto& value : grid.axes[axis].values) {
    ALVEUS_TRY(assign(settings, *setting, value));
    ALVEUS_TRY(combine(grid, axis + 1, settings, all));
  }
  return {};
}

void set_axis(Grid& grid, const Axis& axis) {
  const auto place = std::ranges::lower_bound(grid.axes, place_of(axis.setting), {},
                                              [](const Axis& other) { return place_of(other.setting); });
  if (place != grid.axes.end() && place->setting == axis.setting) {
    place->values = axis.values;
  } else {
    grid.axes.insert(place, axis);
  }
}

bool has_several_seeds(const StudyPlan& plan) {
  std::vector<Value> seeds;
  for (const Grid& grid : plan.grids) {
    const auto axis = std::ranges::find(grid.axes, "seed", &Axis::setting);
    const TrainingSettings usual;
    const auto values =
        axis == grid.axes.end() ? std::vector<Value>{static_cast<std::int64_t>(usual.seed)} : axis->values;
    seeds.insert(seeds.end(), values.begin(), values.end());
  }
  return std::ranges::any_of(seeds, [&](const Value& seed) { return seed != seeds.front(); });
}

core::Result<std::vector<Variant>> expand(const Grid& grid, int folds, SeedInId seed_in_id) {
  std::vector<TrainingSettings> all;
  ALVEUS_TRY(combine(grid, 0, {}, all));
  std::vector<Variant> variants;
  for (const auto& settings : all) {
    ALVEUS_TRY(check(settings));
    for (int fold = 0; fold < folds; ++fold) variants.push_back(make_variant(settings, fold, seed_in_id));
  }
  // Values of an axis that does not count for a network gave its variants more than once.
  std::ranges::sort(variants, {}, &Variant::id);
  const auto repeats = std::ranges::unique(variants);
  variants.erase(repeats.begin(), repeats.end());
  return variants;
}

core::Error in_file(std::string_view name, core::Error error) {
  error.where = error.where.empty() ? std::string(name) : std::string(name) + ":" + error.where;
  return error;
}

}  // namespace

core::Result<StudyPlan> parse_plan(std::string_view name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto parsed, core::parse_json_file(name, text));
  const core::Array grids = parsed.is_array() ? parsed.as_array() : core::Array{parsed};
  const bool is_study = !grids.empty() && std::ranges::all_of(grids, [](const Value& grid) {
    return grid.is_object() && !grid.as_object().empty();
  });
  if (!is_study) {
    return core::fail(
        ErrorCode::kInvalidInput,
        "a study is one JSON object of settings, like {\"network\": [\"resnet18\", \"densenet121\"]}, or a "
        "list of them",
        std::string(name));
  }
  StudyPlan plan;
  plan.grids.clear();
  for (const Value& grid : grids) {
    StudyPlan one;
    for (const auto& [key, member] : grid.as_object()) {
      const auto done = set_axis(one, key, member.is_array() ? member.as_array() : core::Array{member});
      if (!done) return core::fail(in_file(name, done.error()));
    }
    plan.grids.push_back(std::move(one.grids.front()));
  }
  return plan;
}

core::Status set_axis(StudyPlan& plan, std::string_view setting, std::vector<Value> values) {
  ALVEUS_TRY_ASSIGN(const Setting* known, find_setting(setting));
  if (values.empty()) return core::fail(ErrorCode::kInvalidInput, "'" + known->name + "' has no values");
  TrainingSettings settings;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ALVEUS_TRY(assign(settings, *known, values[i]));
    // As the setting holds it: 1 and 1.0 name the same learning rate.
    values[i] = value_of(settings, *known);
    if (std::find(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), values[i]) !=
        values.begin() + static_cast<std::ptrdiff_t>(i)) {
      return core::fail(ErrorCode::kInvalidInput, "'" + known->name + "' lists " + setting_text(values[i]) + " twice");
    }
  }
  const Axis axis{.setting = known->name, .values = std::move(values)};
  for (Grid& grid : plan.grids) set_axis(grid, axis);
  return {};
}

std::span<const Preset> presets() { return kPresets; }

core::Result<StudyPlan> preset_plan(std::string_view name) {
  if (name == "quick") return quick_plan();
  if (name == "claire-60") return demonstration_plan();
  if (name == "claire-108x5") return released_plan();
  if (name == "claire-990") return reconstructed_plan();
  std::vector<std::string> names;
  std::string message = "there is no preset '" + std::string(name) + "'";
  for (const auto& preset : kPresets) names.emplace_back(preset.name);
  if (const auto likely = core::nearest(name, names)) {
    message += "; did you mean '" + *likely + "'?";
  } else {
    message += "; the presets are";
    for (const auto& known : names) message += " '" + known + "'";
  }
  return core::fail(ErrorCode::kInvalidInput, message);
}

core::Status check_counts(const StudyPlan& plan, std::string_view setting) {
  ALVEUS_TRY_ASSIGN(const Setting* known, find_setting(setting));
  if (!known->unit) return {};
  for (const Grid& grid : plan.grids) {
    if (std::ranges::find(grid.axes, setting, &Axis::setting) == grid.axes.end()) continue;
    const auto axis = std::ranges::find(grid.axes, "network", &Axis::setting);
    const std::vector<Value> networks =
        axis == grid.axes.end() ? std::vector<Value>{TrainingSettings().network} : axis->values;
    if (std::ranges::any_of(networks, [&](const Value& name) { return counts_for(*known, name.as_string()); })) {
      return {};
    }
  }
  const std::string unit(name_of(*known->unit));
  return core::fail(ErrorCode::kInvalidInput, "'" + known->name + "' counts for networks that look at " + unit +
                                                  "s, and the study names none with it" +
                                                  (known->name == "batch_size" ? "; use 'scan_batch_size'" : ""));
}

std::size_t variant_count(const StudyPlan& plan, int folds) {
  std::size_t sum = 0;
  for (const Grid& grid : plan.grids) {
    std::size_t count = static_cast<std::size_t>(folds);
    for (const auto& axis : grid.axes) {
      count *= axis.values.size();
      if (count > kVariantsMax) return kVariantsMax + 1;
    }
    sum += count;
  }
  return sum;
}

core::Result<std::vector<Variant>> expand(const StudyPlan& plan, int folds) {
  if (variant_count(plan, folds) > kVariantsMax) {
    return core::fail(ErrorCode::kInvalidInput, "the study has more than 100000 variants; shorten its axes");
  }
  const SeedInId seed_in_id = has_several_seeds(plan) ? SeedInId::kYes : SeedInId::kNo;
  std::vector<Variant> variants;
  for (const Grid& grid : plan.grids) {
    ALVEUS_TRY_ASSIGN(auto some, expand(grid, folds, seed_in_id));
    std::ranges::move(some, std::back_inserter(variants));
  }
  std::ranges::sort(variants, {}, &Variant::id);
  const auto twice = std::ranges::adjacent_find(variants, {}, &Variant::id);
  if (twice != variants.end() && twice->settings == std::next(twice)->settings) {
    return core::fail(ErrorCode::kInvalidInput, "the study holds the variant '" + twice->id + "' in two of its grids");
  }
  if (twice != variants.end()) {
    return core::fail(ErrorCode::kInternal, "two variants are both named '" + twice->id + "'; split the study");
  }
  return variants;
}

}  // namespace alveus::study
