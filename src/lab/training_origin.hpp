// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/value.hpp"
#include "lab/member_reader.hpp"
#include "learn/runtime.hpp"
#include "learn/tensor_folder.hpp"
#include "study/folds.hpp"

namespace alveus::lab {

/// What a training or a pre-training was made from and with, as training.json and pretraining.json tell. Equal
/// ones, with equal settings, give the same weights.
struct TrainingOrigin {
  std::string tensors_sha256;  ///< fingerprint of the tensor folder
  std::string folds_sha256;    ///< of folds.csv
  std::string device;
  std::int64_t threads = 1;

  friend bool operator==(const TrainingOrigin&, const TrainingOrigin&) = default;
};

TrainingOrigin origin_of(const learn::TensorFolder& folder, const study::FoldTable& folds, learn::Device device,
                         std::int64_t threads);

/// Of folds.csv.
std::string sha256_of(const study::FoldTable& folds);

void append(core::Object& report, const TrainingOrigin& origin);
TrainingOrigin read_origin(MemberReader& members);

}  // namespace alveus::lab
