// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/optimizer.hpp"
#include "learn/detail/weight_average.hpp"
#include "learn/network.hpp"
#include "learn/training.hpp"

namespace alveus::learn {

/// A weighted mean of losses that is under way.
struct MeanLoss {
  double sum = 0;
  double weight = 0;
  double mean() const { return sum / weight; }
};

/// What a phase of a training knows besides weights and moments.
struct PhaseState {
  std::int64_t steps = 0;     ///< of the optimiser
  std::int64_t averaged = 0;  ///< weights in the mean, where there is one
  double scale = 1;           ///< of the gradients, with their good steps at it
  std::int64_t good_steps = 0;
  int best_epoch = 0;  ///< 0: none yet
  double best_loss = 0;
  bool finished = false;
  std::size_t batches = 0;  ///< done of the epoch behind those of `history`, with their loss
  MeanLoss loss;
  std::vector<EpochRecord> history;

  int epoch() const { return static_cast<int>(history.size()); }
};

/// What changes while a phase learns.
struct Learner {
  const WeightList& weights;
  Optimizer& optimizer;
  WeightAverage& average;
};

/// The folder that keeps a phase between two calls. `state.safetensors` holds weights, their mean, moments and
/// PhaseState; `best-<epoch>.safetensors` the weights with the lowest validation loss. Random streams are named by
/// (seed, purpose, place), so they have no state to keep. Each file appears in one step; the state is written last and
/// names the best file, so that whatever moment a training is ended at, the folder describes one place in it.
class Checkpoint {
 public:
  /// `identity` names everything that decides the weights.
  Checkpoint(std::filesystem::path folder, std::string identity);

  std::filesystem::path best_file(int epoch) const;
  /// Keeps the weights in memory until the next `save` writes them to the best file.
  core::Status keep_best(const Network& network);
  /// Writes the best file, then the state, and removes the best files it does not name. A finished state holds no
  /// weights: nothing goes on from it.
  core::Status save(const Learner& learner, const PhaseState& state);
  /// The state of the last `save`, its weights and moments put in place; nothing when there is none. kInvalidInput
  /// when the folder belongs to another training, kCorrupt when it was damaged.
  core::Result<std::optional<PhaseState>> load(const Learner& learner) const;

 private:
  core::Status remove_other_best_files(int epoch) const;

  std::filesystem::path folder_;
  std::string identity_;
  std::optional<WeightSnapshot> best_;
};

}  // namespace alveus::learn
