// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "lab/training_origin.hpp"
#include "study/pretraining.hpp"

namespace alveus::lab {

/// What `pretrain` says about its weights in pretraining.json, beside model.safetensors. Nothing in it depends on time
/// or machine.
struct PretrainingReport {
  study::Pretraining pretraining;
  std::int64_t batch_parts = 1;        ///< in which batches passed; more than 1 where memory ran out
  std::vector<std::string> untouched;  ///< weights that the method did not reach, by name
  std::int64_t slices = 0;             ///< of the fold's part "train", the one that was looked at
  double first_loss = 0;               ///< mean over the first epoch
  double last_loss = 0;                ///< mean over the last
  std::string weights_sha256;
  TrainingOrigin origin;
  std::vector<std::string> unrepeatable;  ///< operations that do not give the same bits every time

  friend bool operator==(const PretrainingReport&, const PretrainingReport&) = default;
};

std::string pretraining_json(const PretrainingReport& report);
/// kInvalidInput names the file and the member that is absent or of another kind.
core::Result<PretrainingReport> parse_pretraining_json(const std::string& name, std::string_view text);

}  // namespace alveus::lab
