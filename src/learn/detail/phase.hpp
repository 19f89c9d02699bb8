// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/batch_stream.hpp"
#include "learn/detail/checkpoint.hpp"
#include "learn/network.hpp"
#include "learn/training.hpp"
#include "study/training_settings.hpp"

namespace alveus::learn {

/// What a phase of a training learns.
struct PhaseTask {
  std::string name;  ///< "classify" or "rotation": keeps the random streams of the phases apart
  std::function<std::vector<Example>(int epoch)> training_examples;  ///< unshuffled
  std::vector<Example> validation_examples;
  std::vector<float> class_weights;
  Augmentation augmentation = Augmentation::kNone;
};

struct PhaseTally {
  double seconds = 0;
  std::int64_t pictures = 0;
};

/// Runs the epochs of one phase from where its checkpoint stands to its end; the network then holds the last weights,
/// the checkpoint the best.
class Phase {
 public:
  Phase(Network& network, const TensorFolder& folder, const study::TrainingSettings& settings, PhaseTask task,
        const TrainingOptions& options, const sys::Clock& clock);

  core::Result<PhaseState> run(Checkpoint& checkpoint);
  const PhaseTally& tally() const { return tally_; }

 private:
  struct Loss {
    double weighted_sum = 0;
    double weight_sum = 0;
    double mean() const { return weighted_sum / weight_sum; }
  };

  double learning_rate(int epoch) const;
  core::Result<double> train_epoch(int epoch, const PhaseState& state);
  core::Status train_batch(Batch& batch, int epoch, Loss& loss, core::Random& noise);
  core::Status save_when_due(Checkpoint& checkpoint, const PhaseState& state);
  core::Status validate(EpochRecord& record) const;
  void tell_progress(int epoch, const PhaseState& state, std::size_t batches_done, std::size_t batch_count,
                     double loss) const;
  bool is_over(const PhaseState& state) const;

  Network& network_;
  const TensorFolder& folder_;
  const study::TrainingSettings& settings_;
  PhaseTask task_;
  const TrainingOptions& options_;
  const sys::Clock& clock_;
  at::Tensor class_weights_;
  Optimizer optimizer_;
  PhaseTally tally_;
  std::optional<sys::SteadyTime> saved_at_;  ///< when the last checkpoint was done
  double saving_seconds_ = 0;                ///< how long it took
};

}  // namespace alveus::learn
