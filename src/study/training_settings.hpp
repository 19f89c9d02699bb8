// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/unit.hpp"

namespace alveus::study {

/// What decides one training besides its data: the axes of a study. The defaults are those of the published pipeline
/// where it has one.
struct TrainingSettings {
  std::string network = "resnet18";
  std::string initialisation = "scratch";
  std::int64_t pretrain_epochs = 20;     ///< of start weights learned without labels (study/pretraining.hpp), as the
  double pretrain_learning_rate = 1e-3;  ///< next two
  std::int64_t pretrain_batch_size = 32;
  double learning_rate = 1e-3;
  double weight_decay = 1e-4;
  std::string optimizer = "adam-amsgrad";
  double momentum = 0.9;             ///< of the optimiser "sgd"
  std::string schedule = "step";     ///< how the learning rate goes on
  std::int64_t step_size = 10;       ///< of the schedule "step": epochs between two multiplications by gamma
  double gamma = 0.1;                ///< of the schedule "step"
  std::int64_t warmup_epochs = 0;    ///< in which the learning rate rises to what the schedule says
  std::int64_t epochs = 50;          ///< at most
  std::int64_t patience = 10;        ///< epochs without a lower validation loss before the training stops
  std::int64_t batch_size = 32;      ///< slices for one step of the optimiser
  std::int64_t scan_batch_size = 4;  ///< scans for one step, of networks that look at scans
  std::int64_t depth = 32;           ///< slices of a scan that such networks look at: of a bag at most
  std::int64_t batch_parts = 1;      ///< passed through the network one after the other, their gradients added
  std::string sampler = "shuffled";
  std::string augmentation = "none";  ///< see study/augmentation.hpp
  std::string loss = "cross-entropy-weighted";
  double focal_gamma = 2;          ///< of the loss "focal"
  double label_smoothing = 0;      ///< share of a target that goes to all classes evenly
  double clip_norm = 0;            ///< the gradient's norm is cut to this; 0: never
  std::string averaging = "none";  ///< of the weights over the steps
  double ema_decay = 0.999;        ///< of the averaging "ema"
  double swa_start = 0.75;         ///< of the averaging "swa": share of the epochs after which it begins
  std::string precision = "float32";
  std::int64_t seed = 1;

  friend bool operator==(const TrainingSettings&, const TrainingSettings&) = default;
};

/// One member of TrainingSettings as data: study files, variant files, flags and tables are made from it.
struct Setting {
  using Member =
      std::variant<std::string TrainingSettings::*, std::int64_t TrainingSettings::*, double TrainingSettings::*>;
  std::string name;
  Member member;
  std::string help;
  std::vector<std::string> choices = {};  ///< of a text
  /// Of a text that is not one of a few: gives it the one form of its meaning, or says what is wrong with it.
  core::Result<std::string> (*canonical)(std::string_view text) = nullptr;
  double least = 0;       ///< of a number, included
  double most = 0;        ///< of a number, included
  bool positive = false;  ///< zero is excluded
  /// Counts for networks of this unit alone: the names and files of other variants do without it.
  std::optional<Unit> unit = std::nullopt;
};

/// All settings in the order in which variant files list them.
std::span<const Setting> all_settings();

/// The setting of that name. kInvalidInput suggests the likely name, or lists all.
core::Result<const Setting*> find_setting(std::string_view name);

/// Whether the setting counts for this network.
bool counts_for(const Setting& setting, std::string_view network);

/// How many slices or scans, as the network looks at, take one step of the optimiser together.
std::int64_t examples_per_step(const TrainingSettings& settings);

/// Sets a member. kInvalidInput names the setting, the value and what is allowed; `settings` is then unchanged.
core::Status assign(TrainingSettings& settings, const Setting& setting, const core::Value& value);

/// kInvalidInput when settings that are allowed each do not go together; names them and what to change.
core::Status check(const TrainingSettings& settings);

/// The member's value.
core::Value value_of(const TrainingSettings& settings, const Setting& setting);

/// A value as typed on a command line ("1e-4", "resnet18"), not yet checked against the limits.
core::Result<core::Value> read_setting(const Setting& setting, std::string_view text);

/// The value as it stands in tables and names: the text itself, or the shortest that reads back the same number.
std::string setting_text(const core::Value& value);

}  // namespace alveus::study
