// SPDX-License-Identifier: Apache-2.0
#include "study/study_plan.hpp"

#include <algorithm>
#include <array>
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

/// Adds every combination of the axes from `axis` on to `all`.
core::Status combine(const StudyPlan& plan, std::size_t axis, TrainingSettings settings,
                     std::vector<TrainingSettings>& all) {
  if (axis == plan.axes.size()) {
    all.push_back(std::move(settings));
    return {};
  }
  ALVEUS_TRY_ASSIGN(const Setting* setting, find_setting(plan.axes[axis].setting));
  for (const auto& value : plan.axes[axis].values) {
    ALVEUS_TRY(assign(settings, *setting, value));
    ALVEUS_TRY(combine(plan, axis + 1, settings, all));
  }
  return {};
}

core::Error in_file(std::string_view name, core::Error error) {
  error.where = error.where.empty() ? std::string(name) : std::string(name) + ":" + error.where;
  return error;
}

}  // namespace

core::Result<StudyPlan> parse_plan(std::string_view name, std::string_view text) {
  const auto parsed = core::parse_json(text);
  if (!parsed) return core::fail(in_file(name, parsed.error()));
  if (!parsed->is_object() || parsed->as_object().empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "a study is one JSON object of settings, like {\"network\": [\"resnet18\", \"densenet121\"]}",
                      std::string(name));
  }
  StudyPlan plan;
  for (const auto& [key, member] : parsed->as_object()) {
    const auto done = set_axis(plan, key, member.is_array() ? member.as_array() : core::Array{member});
    if (!done) return core::fail(in_file(name, done.error()));
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
  const auto place = std::ranges::lower_bound(plan.axes, place_of(setting), {},
                                              [](const Axis& axis) { return place_of(axis.setting); });
  if (place != plan.axes.end() && place->setting == setting) {
    place->values = std::move(values);
  } else {
    plan.axes.insert(place, Axis{.setting = known->name, .values = std::move(values)});
  }
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

std::size_t variant_count(const StudyPlan& plan, int folds) {
  std::size_t count = static_cast<std::size_t>(folds);
  for (const auto& axis : plan.axes) {
    count *= axis.values.size();
    if (count > kVariantsMax) return kVariantsMax + 1;
  }
  return count;
}

core::Result<std::vector<Variant>> expand(const StudyPlan& plan, int folds) {
  if (variant_count(plan, folds) > kVariantsMax) {
    return core::fail(ErrorCode::kInvalidInput, "the study has more than 100000 variants; shorten its axes");
  }
  std::vector<TrainingSettings> all;
  ALVEUS_TRY(combine(plan, 0, {}, all));
  const auto seeds = std::ranges::find(plan.axes, "seed", &Axis::setting);
  const bool several_seeds = seeds != plan.axes.end() && seeds->values.size() > 1;
  std::vector<Variant> variants;
  for (const auto& settings : all) {
    ALVEUS_TRY(check(settings));
    for (int fold = 0; fold < folds; ++fold) {
      variants.push_back(make_variant(settings, fold, several_seeds ? SeedInId::kYes : SeedInId::kNo));
    }
  }
  std::ranges::sort(variants, {}, &Variant::id);
  const auto twice = std::ranges::adjacent_find(variants, {}, &Variant::id);
  if (twice != variants.end()) {
    return core::fail(ErrorCode::kInternal, "two variants are both named '" + twice->id + "'; split the study");
  }
  return variants;
}

}  // namespace alveus::study
