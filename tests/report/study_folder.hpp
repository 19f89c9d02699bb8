// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "report/report.hpp"

namespace alveus::report {

/// How a synthetic study looks. Names go into files as they are, so a test can make them hostile.
struct StudyShape {
  std::vector<std::string> networks = {"densenet121", "resnet18", "vgg11"};
  int folds = 3;
  int patients = 24;
  std::string positive = "covid";
  std::string negative = "normal";
  std::string failure_reason = "the loss is not finite in epoch 3";
  std::string augmentation = "none";
  bool has_failure = true;
};

/// Writes a whole study with made-up numbers below a fresh folder of its own, in the formats of docs/internals; removed
/// with the object. Equal shapes give equal bytes.
class StudyFolder {
 public:
  explicit StudyFolder(StudyShape shape = {});
  ~StudyFolder();
  StudyFolder(const StudyFolder&) = delete;
  StudyFolder& operator=(const StudyFolder&) = delete;

  /// All parts.
  StudyPaths paths() const;
  const std::filesystem::path& root() const { return root_; }
  void write(const std::string& name, std::string_view text) const;

 private:
  void write_json(const std::string& name, const core::Value& value) const;
  void write_metrics() const;
  core::Value choice_of_validation() const;
  void write_comparison() const;
  void write_training(std::size_t network, int fold) const;
  void write_explanations(std::size_t network, int fold) const;
  void write_data() const;
  std::string configuration(std::size_t network) const;
  std::string variant(std::size_t network, int fold) const;

  StudyShape shape_;
  std::filesystem::path root_;
};

/// A PNG of one grey pixel.
std::string tiny_png();

}  // namespace alveus::report
