// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/training_settings.hpp"

namespace alveus::study {

/// Learning start weights on the training part of one fold, without labels. What decides them besides the data stands
/// here; `id` names it and consists of letters, digits, ".", "-" and "_".
struct Pretraining {
  std::string id;
  int fold = 0;
  std::string method = "simclr";     ///< one of `pretraining_methods`
  std::string network = "resnet18";  ///< as in TrainingSettings
  std::int64_t epochs = 20;
  double learning_rate = 1e-3;   ///< the first of a cosine
  std::int64_t batch_size = 32;  ///< pictures for one step
  std::int64_t seed = 1;

  friend bool operator==(const Pretraining&, const Pretraining&) = default;
};

/// Sorted.
std::span<const std::string_view> pretraining_methods();
/// Whether start weights of this initialisation come from a pre-training.
bool is_pretraining(std::string_view initialisation);

/// Checks every member and names the whole: "resnet18-simclr-1f0c9a55-f0". Equal ones have equal names everywhere.
/// kInvalidInput names the member, its value and what is allowed.
core::Result<Pretraining> named(Pretraining pretraining);

/// What a training with these settings on this fold starts from; nothing unless its initialisation is a pre-training.
/// The settings have passed their checks.
std::optional<Pretraining> pretraining_of(const TrainingSettings& settings, int fold);

/// The content of a pre-training file.
core::Value to_value(const Pretraining& pretraining);
/// Reads one; kInvalidInput when a member is absent, not allowed, or the id is not that of the rest.
core::Result<Pretraining> parse_pretraining(const core::Value& value);

/// pretrainings.csv: one row each, in the order given.
std::string pretrainings_csv(std::span<const Pretraining> pretrainings);

}  // namespace alveus::study
