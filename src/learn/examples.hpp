// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/network_description.hpp"
#include "learn/tensor_folder.hpp"
#include "study/folds.hpp"
#include "study/training_settings.hpp"

namespace alveus::learn {

/// How the slices of a scan come to a network.
struct ScanForm {
  InputKind kind = InputKind::kVolumes;  ///< or bags
  /// Slices of a volume, or of a bag at most; chosen as `study::evenly_chosen` says. A volume of fewer repeats some.
  std::size_t depth = 32;
  bool has_lung = false;  ///< the lung mask follows as a second channel, of volumes alone

  friend bool operator==(const ScanForm&, const ScanForm&) = default;
};

/// As the network of the settings wants it; nothing for one that looks at slices.
std::optional<ScanForm> scan_form_of(const study::TrainingSettings& settings);

/// What a network is to answer, by index: into the slices of a folder, or into its scans.
struct Example {
  std::size_t index = 0;
  std::int64_t target = 0;
  int quarter_turns = 0;  ///< of a slice, for rotation pre-training; 0 otherwise

  friend bool operator==(const Example&, const Example&) = default;
};

/// The slices of a tensor folder, or its scans: what networks of one kind are asked about. A view without pixels of its
/// own; safe to read from several threads.
class ExampleSource {
 public:
  /// `folder` is borrowed and outlives this. kInvalidInput: its slices make no scans, or have no lung masks where the
  /// form wants them.
  static core::Result<ExampleSource> make(const TensorFolder& folder, const std::optional<ScanForm>& form);

  std::size_t size() const;
  /// The id of the slice or scan.
  const std::string& name(std::size_t index) const;
  const std::string& patient(std::size_t index) const;
  int target(std::size_t index) const;
  /// What the network sees of it: slices by index into the folder, from the feet to the head.
  std::vector<std::size_t> slices(std::size_t index) const;
  const TensorFolder& folder() const { return *folder_; }
  const std::optional<ScanForm>& form() const { return form_; }

  /// Those of the fold's part, in the folder's order.
  std::vector<Example> part(const study::FoldTable& folds, int fold, study::Role role) const;

 private:
  ExampleSource(const TensorFolder& folder, const std::optional<ScanForm>& form) : folder_(&folder), form_(form) {}
  const study::Scan& scan(std::size_t index) const { return (*folder_->scans())[index]; }

  const TensorFolder* folder_;
  std::optional<ScanForm> form_;
};

}  // namespace alveus::learn
