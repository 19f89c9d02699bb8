// SPDX-License-Identifier: Apache-2.0
#include "study/training_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "study/augmentation.hpp"
#include "study/pretraining.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

/// Those that take slices, then those that take scans.
std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const auto unit : {Unit::kSlice, Unit::kScan}) {
    for (const std::string_view name : networks_of(unit)) names.emplace_back(name);
  }
  return names;
}

// Whole numbers up to 2^53 pass through JSON readers that keep numbers as doubles.
constexpr double kIntegerMax = 9007199254740992.0;

core::Result<std::string> canonical_augmentation(std::string_view text) {
  ALVEUS_TRY_ASSIGN(const Augmentation augmentation, parse_augmentation(text));
  return augmentation_text(augmentation);
}

/// What is trained and how its steps are taken.
std::vector<Setting> step_settings() {
  using S = TrainingSettings;
  return {
      {.name = "network",
       .member = &S::network,
       .help = "the network, as torchvision names it",
       .choices = network_names()},
      {.name = "initialisation",
       .member = &S::initialisation,
       .help = "the start weights",
       .choices = {"scratch", "imagenet", "imported", "autoencoder", "mae", "moco", "rotation", "simclr"}},
      {.name = "pretrain_epochs",
       .member = &S::pretrain_epochs,
       .help = "epochs of the pre-training, where start weights are learned without labels",
       .least = 1,
       .most = 10000,
       .unit = Unit::kSlice},
      {.name = "pretrain_learning_rate",
       .member = &S::pretrain_learning_rate,
       .help = "the first learning rate of the pre-training",
       .most = 1,
       .positive = true,
       .unit = Unit::kSlice},
      {.name = "pretrain_batch_size",
       .member = &S::pretrain_batch_size,
       .help = "slices for one step of the pre-training",
       .least = 2,
       .most = 65536,
       .unit = Unit::kSlice},
      {.name = "learning_rate",
       .member = &S::learning_rate,
       .help = "the first learning rate",
       .most = 1,
       .positive = true},
      {.name = "weight_decay", .member = &S::weight_decay, .help = "L2 penalty of the weights", .most = 1},
      {.name = "optimizer",
       .member = &S::optimizer,
       .help = "the optimiser",
       .choices = {"adam-amsgrad", "adam", "adamw", "sgd"}},
      {.name = "momentum",
       .member = &S::momentum,
       .help = "of the optimiser sgd (Nesterov's, unless 0)",
       .most = 0.9999},
      {.name = "schedule",
       .member = &S::schedule,
       .help = "how the learning rate goes on",
       .choices = {"step", "constant", "cosine", "one-cycle"}},
      {.name = "step_size",
       .member = &S::step_size,
       .help = "of the schedule step: epochs after which the learning rate is multiplied by gamma",
       .least = 1,
       .most = 10000},
      {.name = "gamma", .member = &S::gamma, .help = "of the schedule step: the factor", .most = 1, .positive = true},
      {.name = "warmup_epochs",
       .member = &S::warmup_epochs,
       .help = "epochs in which the learning rate rises from 0 to what the schedule says",
       .most = 10000},
  };
}

/// How long, on which slices, and what for.
std::vector<Setting> epoch_settings() {
  using S = TrainingSettings;
  return {
      {.name = "epochs", .member = &S::epochs, .help = "epochs at most", .least = 1, .most = 10000},
      {.name = "patience",
       .member = &S::patience,
       .help = "epochs without a lower validation loss before the training stops",
       .least = 1,
       .most = 10000},
      {.name = "batch_size",
       .member = &S::batch_size,
       .help = "slices for one step of the optimiser",
       .least = 1,
       .most = 65536,
       .unit = Unit::kSlice},
      {.name = "scan_batch_size",
       .member = &S::scan_batch_size,
       .help = "scans for one step of the optimiser, of networks that look at scans",
       .least = 1,
       .most = 4096,
       .unit = Unit::kScan},
      {.name = "depth",
       .member = &S::depth,
       .help = "slices of a scan that networks of scans look at: volumes have as many, bags at most, chosen evenly",
       .least = 1,
       .most = 1024,
       .unit = Unit::kScan},
      {.name = "batch_parts",
       .member = &S::batch_parts,
       .help = "parts in which a batch passes through the network, for less memory; their gradients are added",
       .least = 1,
       .most = 65536},
      {.name = "sampler",
       .member = &S::sampler,
       .help = "which slices an epoch shows: each once, or as many of each class, drawn anew for each epoch",
       .choices = {"shuffled", "balanced"}},
      {.name = "augmentation",
       .member = &S::augmentation,
       .help = "random changes of the slices: none, a preset like flips-affine, or kinds like flip+affine+noise:0.1",
       .canonical = canonical_augmentation},
      {.name = "loss",
       .member = &S::loss,
       .help = "the loss; weighted: by the largest class's count over the class's own",
       .choices = {"cross-entropy-weighted", "cross-entropy", "focal", "focal-weighted", "ordinal"}},
      {.name = "focal_gamma", .member = &S::focal_gamma, .help = "of the loss focal: the power", .most = 10},
      {.name = "label_smoothing",
       .member = &S::label_smoothing,
       .help = "share of each target that is spread over all classes",
       .most = 0.99},
      {.name = "clip_norm",
       .member = &S::clip_norm,
       .help = "the norm that a gradient is cut to; 0 for never",
       .most = 1e6},
      {.name = "averaging",
       .member = &S::averaging,
       .help = "which mean of the weights is kept: none, an exponential one over steps, or one over the last epochs",
       .choices = {"none", "ema", "swa"}},
      {.name = "ema_decay", .member = &S::ema_decay, .help = "of the averaging ema", .most = 0.999999},
      {.name = "swa_start",
       .member = &S::swa_start,
       .help = "of the averaging swa: the share of all epochs after which it begins",
       .most = 1},
      {.name = "precision",
       .member = &S::precision,
       .help = "of convolutions and products; float16 needs a GPU",
       .choices = {"float32", "bfloat16", "float16"}},
      {.name = "seed", .member = &S::seed, .help = "seed of all randomness of the training", .most = kIntegerMax},
  };
}

std::vector<Setting> make_settings() {
  std::vector<Setting> settings = step_settings();
  std::ranges::move(epoch_settings(), std::back_inserter(settings));
  return settings;
}

std::string quoted_list(std::span<const std::string> names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "'" : ", '") + name + "'";
  return list;
}

std::string limits_of(const Setting& setting) {
  const std::string low = setting.positive ? "greater than 0" : "at least " + core::number_text(setting.least);
  return low + " and at most " + core::number_text(setting.most);
}

/// The text as the setting keeps it.
core::Result<std::string> checked_text(const Setting& setting, const core::Value& value) {
  if (!value.is_string()) {
    return core::fail(ErrorCode::kInvalidInput, "'" + setting.name + "' takes a text, not " + core::to_json(value));
  }
  if (setting.canonical != nullptr) return setting.canonical(value.as_string());
  if (std::ranges::find(setting.choices, value.as_string()) != setting.choices.end()) return value.as_string();
  std::string message = "'" + setting.name + "' has no value '" + value.as_string() + "'";
  if (const auto likely = core::nearest(value.as_string(), setting.choices)) {
    message += "; did you mean '" + *likely + "'?";
  }
  return core::fail(ErrorCode::kInvalidInput, message + " It may be " + quoted_list(setting.choices));
}

core::Status check_number(const Setting& setting, const core::Value& value, bool whole) {
  if (!(whole ? value.is_integer() : value.is_number())) {
    return core::fail(ErrorCode::kInvalidInput, "'" + setting.name + "' takes a " + (whole ? "whole " : "") +
                                                    "number, not " + core::to_json(value));
  }
  const double number = value.as_real();
  if (number >= setting.least && number <= setting.most && !(setting.positive && number <= 0)) return {};
  return core::fail(ErrorCode::kInvalidInput,
                    "'" + setting.name + "' is " + setting_text(value) + "; it must be " + limits_of(setting));
}

}  // namespace

std::span<const Setting> all_settings() {
  static const std::vector<Setting> settings = make_settings();
  return settings;
}

core::Result<const Setting*> find_setting(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& setting : all_settings()) {
    if (setting.name == name) return &setting;
    names.push_back(setting.name);
  }
  const auto likely = core::nearest(name, names);
  return core::fail(ErrorCode::kInvalidInput,
                    "there is no setting '" + std::string(name) + "'; " +
                        (likely ? "did you mean '" + *likely + "'?" : "the settings are " + quoted_list(names)));
}

core::Status assign(TrainingSettings& settings, const Setting& setting, const core::Value& value) {
  if (const auto* text = std::get_if<std::string TrainingSettings::*>(&setting.member)) {
    ALVEUS_TRY_ASSIGN(settings.*(*text), checked_text(setting, value));
  } else if (const auto* integer = std::get_if<std::int64_t TrainingSettings::*>(&setting.member)) {
    ALVEUS_TRY(check_number(setting, value, true));
    settings.*(*integer) = value.as_integer();
  } else if (const auto* real = std::get_if<double TrainingSettings::*>(&setting.member)) {
    ALVEUS_TRY(check_number(setting, value, false));
    settings.*(*real) = value.as_real();
  }
  return {};
}

bool counts_for(const Setting& setting, std::string_view network) {
  return !setting.unit || *setting.unit == unit_of(network);
}

std::int64_t examples_per_step(const TrainingSettings& settings) {
  return unit_of(settings.network) == Unit::kScan ? settings.scan_batch_size : settings.batch_size;
}

namespace {

/// What networks that look at scans cannot be trained with.
core::Status check_scan_settings(const TrainingSettings& settings) {
  if (unit_of(settings.network) != Unit::kScan) return {};
  const auto refuse = [&](const std::string& message) {
    return core::fail(ErrorCode::kInvalidInput, message + ", and " + settings.network + " looks at scans");
  };
  if (is_pretraining(settings.initialisation)) {
    return refuse("start weights of the initialisation '" + settings.initialisation + "' are learned from slices");
  }
  ALVEUS_TRY_ASSIGN(const auto augmentation, parse_augmentation(settings.augmentation));
  if (augmentation.mixes()) {
    return refuse("the augmentation '" + settings.augmentation +
                  "' mixes slices (mixup, cutmix), which would give a scan slices of two patients");
  }
  return {};
}

}  // namespace

core::Status check(const TrainingSettings& settings) {
  const auto refuse = [](const std::string& message) { return core::fail(ErrorCode::kInvalidInput, message); };
  if (settings.schedule == "one-cycle" && settings.warmup_epochs > 0) {
    return refuse("the schedule 'one-cycle' has a rise of its own; set 'warmup_epochs' to 0");
  }
  if (settings.warmup_epochs > 0 && settings.warmup_epochs >= settings.epochs) {
    return refuse("'warmup_epochs' is " + std::to_string(settings.warmup_epochs) + " of " +
                  std::to_string(settings.epochs) + " epochs; leave epochs to train in");
  }
  if (settings.batch_parts > examples_per_step(settings)) {
    return refuse("'batch_parts' is " + std::to_string(settings.batch_parts) + ", more than the " +
                  std::to_string(examples_per_step(settings)) + " " + std::string(name_of(unit_of(settings.network))) +
                  "s of a batch");
  }
  if (settings.averaging == "swa" &&
      settings.swa_start * static_cast<double>(settings.epochs) >= static_cast<double>(settings.epochs)) {
    return refuse("'swa_start' leaves no epoch to average; choose a smaller share than 1");
  }
  return check_scan_settings(settings);
}

core::Value value_of(const TrainingSettings& settings, const Setting& setting) {
  return std::visit([&](auto member) { return core::Value(settings.*member); }, setting.member);
}

core::Result<core::Value> read_setting(const Setting& setting, std::string_view text) {
  if (std::holds_alternative<std::string TrainingSettings::*>(setting.member)) return core::Value(text);
  const char* end = text.data() + text.size();
  const auto read = [&](auto number) -> core::Result<core::Value> {
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && stop == end) return core::Value(number);
    return core::fail(ErrorCode::kInvalidInput,
                      "'" + setting.name + "' takes a number, not '" + std::string(text) + "'");
  };
  if (std::holds_alternative<double TrainingSettings::*>(setting.member)) return read(double{});
  return read(std::int64_t{});
}

std::string setting_text(const core::Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_integer()) return std::to_string(value.as_integer());
  ALVEUS_CHECK(value.is_real(), "a setting is a text or a number");
  return core::number_text(value.as_real());
}

}  // namespace alveus::study
