// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/evidence.hpp"

namespace alveus::report {

/// A configuration's name in two parts for people: "ResNet-18" and what tells it from its neighbours,
/// "lr 0.0003, step 3". Both are text from data: not yet escaped.
struct ConfigurationName {
  std::string network;
  std::string details;
};

/// Names of all configurations of a study. Details list the settings that differ within the study.
class Names {
 public:
  explicit Names(const Evidence& evidence);
  /// The configuration's own id as network when its settings are not known.
  ConfigurationName of(const std::string& configuration) const;
  /// "fold 2" or "fold 2, seed 3"; the variant's id when it was not trained.
  std::string of_variant(const std::string& variant) const;

 private:
  std::map<std::string, ConfigurationName> configurations_;
  std::map<std::string, std::string> variants_;
};

/// "resnet18" → "ResNet-18", "densenet121" → "DenseNet-121", "vgg16_bn" → "VGG-16-BN"; unknown ones as they are.
std::string network_name(const std::string& network);

/// A setting's value as text: numbers as they were set.
std::string setting_value_text(const core::Value& value);

}  // namespace alveus::report
