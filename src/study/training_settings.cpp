// SPDX-License-Identifier: Apache-2.0
#include "study/training_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

/// The networks that take slices, named as torchvision names them: those of the released configuration and its
/// sources, and later ones.
std::vector<std::string> network_names() {
  return {
      "convnext_tiny",    "densenet121",     "densenet161",     "densenet169",     "densenet201",  "efficientnet_b0",
      "efficientnet_b1",  "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "inception_v3", "mobilenet_v2",
      "resnet18",         "resnet34",        "resnet50",        "resnet101",       "resnet152",    "resnext50_32x4d",
      "resnext101_32x8d", "swin_t",          "vgg11",           "vgg13",           "vgg16",        "vgg19",
      "vgg11_bn",         "vgg13_bn",        "vgg16_bn",        "vgg19_bn",        "vit_b_16",     "vit_s_16",
      "xception"};
}

// Whole numbers up to 2^53 pass through JSON readers that keep numbers as doubles.
constexpr double kIntegerMax = 9007199254740992.0;

std::vector<Setting> make_settings() {
  using S = TrainingSettings;
  return {
      {.name = "network",
       .member = &S::network,
       .help = "the network, as torchvision names it",
       .choices = network_names()},
      {.name = "initialisation",
       .member = &S::initialisation,
       .help = "the start weights",
       .choices = {"scratch", "imagenet", "imported", "rotation"}},
      {.name = "learning_rate",
       .member = &S::learning_rate,
       .help = "the first learning rate",
       .most = 1,
       .positive = true},
      {.name = "weight_decay", .member = &S::weight_decay, .help = "L2 penalty of the weights", .most = 1},
      {.name = "optimizer", .member = &S::optimizer, .help = "the optimiser", .choices = {"adam-amsgrad"}},
      {.name = "step_size",
       .member = &S::step_size,
       .help = "epochs after which the learning rate is multiplied by gamma",
       .least = 1,
       .most = 10000},
      {.name = "gamma", .member = &S::gamma, .help = "the factor of the learning rate", .most = 1, .positive = true},
      {.name = "epochs", .member = &S::epochs, .help = "epochs at most", .least = 1, .most = 10000},
      {.name = "patience",
       .member = &S::patience,
       .help = "epochs without a lower validation loss before the training stops",
       .least = 1,
       .most = 10000},
      {.name = "batch_size", .member = &S::batch_size, .help = "slices in a batch", .least = 1, .most = 4096},
      {.name = "augmentation",
       .member = &S::augmentation,
       .help = "random changes of the slices",
       .choices = {"none", "flips-affine", "flips-affine-intensity"}},
      {.name = "loss", .member = &S::loss, .help = "the loss", .choices = {"cross-entropy-weighted"}},
      {.name = "seed", .member = &S::seed, .help = "seed of all randomness of the training", .most = kIntegerMax},
  };
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

core::Status check_choice(const Setting& setting, const core::Value& value) {
  if (!value.is_string()) {
    return core::fail(ErrorCode::kInvalidInput, "'" + setting.name + "' takes a text, not " + core::to_json(value));
  }
  if (std::ranges::find(setting.choices, value.as_string()) != setting.choices.end()) return {};
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
    ALVEUS_TRY(check_choice(setting, value));
    settings.*(*text) = value.as_string();
  } else if (const auto* integer = std::get_if<std::int64_t TrainingSettings::*>(&setting.member)) {
    ALVEUS_TRY(check_number(setting, value, true));
    settings.*(*integer) = value.as_integer();
  } else if (const auto* real = std::get_if<double TrainingSettings::*>(&setting.member)) {
    ALVEUS_TRY(check_number(setting, value, false));
    settings.*(*real) = value.as_real();
  }
  return {};
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
