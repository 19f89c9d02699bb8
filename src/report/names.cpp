// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "report/detail/names.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kShortNames = {{
    {"initialisation", ""},
    {"learning_rate", "lr "},
    {"weight_decay", "wd "},
    {"optimizer", ""},
    {"step_size", "step "},
    {"gamma", "\xCE\xB3 "},
    {"epochs", "epochs "},
    {"patience", "patience "},
    {"batch_size", "batch "},
    {"scan_batch_size", "scans "},
    {"depth", "depth "},
    {"augmentation", "augmentation "},
    {"loss", ""},
}};

/// Settings that are no part of a configuration, or are told by the network's name.
bool is_detail(std::string_view key) {
  static constexpr std::array<std::string_view, 8> kOthers = {
      "format_version", "id", "configuration", "fold", "pretraining", "in_channels", "seed", "network"};
  return std::ranges::find(kOthers, key) == kOthers.end();
}

/// The settings that take more than one value in the study.
std::set<std::string> varying_settings(const std::vector<TrainingRun>& runs) {
  std::map<std::string, std::set<std::string>> values;
  for (const auto& run : runs) {
    if (!run.settings.is_object()) continue;
    for (const auto& [key, value] : run.settings.as_object()) {
      if (is_detail(key)) values[key].insert(setting_value_text(value));
    }
  }
  std::set<std::string> varying;
  for (const auto& [key, texts] : values) {
    if (texts.size() > 1) varying.insert(key);
  }
  return varying;
}

std::string short_text(const std::string& key, const core::Value& value) {
  const auto found = std::ranges::find(kShortNames, key, [](const auto& pair) { return pair.first; });
  std::string text = (found == kShortNames.end() ? key + " " : std::string(found->second)) + setting_value_text(value);
  // A name and its value stay on one line.
  for (auto blank = text.find(' '); blank != std::string::npos; blank = text.find(' ', blank)) {
    text.replace(blank, 1, "\xC2\xA0");
  }
  return text;
}

}  // namespace

std::string setting_value_text(const core::Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_real()) return setting_text(value.as_real());
  return core::to_json(value);
}

std::string network_name(const std::string& network) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kFamilies = {
      {{"densenet", "DenseNet"}, {"resnext", "ResNeXt"}, {"resnet", "ResNet"}, {"vgg", "VGG"}}};
  for (const auto& [prefix, name] : kFamilies) {
    if (!network.starts_with(prefix) || network.size() == prefix.size()) continue;
    std::string rest = network.substr(prefix.size());
    if (rest.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz_") != std::string::npos) return network;
    if (rest.ends_with("_bn")) rest = rest.substr(0, rest.size() - 3) + " BN";
    std::ranges::replace(rest, '_', ' ');
    return std::string(name) + "-" + rest;
  }
  return network;
}

Names::Names(const Evidence& evidence) {
  std::set<std::string> details = varying_settings(evidence.runs);
  if (details.empty()) details = {"learning_rate", "step_size", "weight_decay"};
  for (const auto& run : evidence.runs) {
    if (!run.settings.is_object()) continue;
    const auto* seed = run.settings.find("seed");
    const bool names_seed = seed != nullptr && run.variant.ends_with("-s" + setting_value_text(*seed));
    variants_[run.variant] =
        "fold " + std::to_string(run.fold) + (names_seed ? ", seed " + setting_value_text(*seed) : "");
    ConfigurationName& name = configurations_[run.configuration];
    if (!name.network.empty()) continue;
    name.network = network_name(run.settings.string_or("network", run.configuration));
    for (const auto& [key, value] : run.settings.as_object()) {
      if (!details.contains(key)) continue;
      if (!name.details.empty()) name.details += ", ";
      name.details += short_text(key, value);
    }
  }
}

ConfigurationName Names::of(const std::string& configuration) const {
  const auto found = configurations_.find(configuration);
  return found == configurations_.end() ? ConfigurationName{.network = configuration, .details = {}} : found->second;
}

std::string Names::of_variant(const std::string& variant) const {
  const auto found = variants_.find(variant);
  return found == variants_.end() ? variant : found->second;
}

}  // namespace alveus::report
