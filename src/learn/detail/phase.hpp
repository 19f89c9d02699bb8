// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/batch_stream.hpp"
#include "learn/detail/checkpoint.hpp"
#include "learn/detail/gradient_scaler.hpp"
#include "learn/detail/loss.hpp"
#include "learn/network.hpp"
#include "learn/schedule.hpp"
#include "learn/training.hpp"
#include "study/training_settings.hpp"

namespace alveus::learn {

/// What a phase of a training learns.
struct PhaseTask {
  std::string name;  ///< "classify" or "rotation": keeps the random streams of the phases apart
  std::function<std::vector<Example>(int epoch)> training_examples;  ///< unshuffled
  std::vector<Example> validation_examples;
  std::vector<float> class_weights;           ///< of the loss, where it is weighted
  std::vector<float> training_class_weights;  ///< the same for what the epochs show
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
  struct MeanLoss {
    double sum = 0;
    double weight = 0;
    double mean() const { return sum / weight; }
  };
  /// Where a batch stands.
  struct Place {
    int epoch = 0;
    std::size_t batch = 0;  ///< from 0
  };

  Learner learner() { return {.network = network_, .optimizer = optimizer_, .average = average_}; }
  std::vector<Example> examples_of(int epoch) const;
  core::Result<double> train_epoch(int epoch, const PhaseState& state);
  core::Status train_batch(Batch& batch, const Place& place, MeanLoss& loss, core::Random& noise);
  core::Status take_step(const Batch& batch, const Place& place);
  core::Error diverged(const Batch& batch, const Place& place, std::string_view what) const;
  core::Status validate_and_keep(Checkpoint& checkpoint, PhaseState& state, EpochRecord record);
  core::Status gather_statistics(int epoch);
  core::Status save_when_due(Checkpoint& checkpoint, const PhaseState& state);
  core::Status validate(EpochRecord& record) const;
  double mean_loss(const std::vector<float>& logits, const std::vector<Example>& examples) const;
  void tell_progress(int epoch, const PhaseState& state, std::size_t batches_done, std::size_t batch_count,
                     double loss) const;
  bool is_over(const PhaseState& state) const;

  Network& network_;
  const TensorFolder& folder_;
  const study::TrainingSettings& settings_;
  PhaseTask task_;
  const TrainingOptions& options_;
  const sys::Clock& clock_;
  Loss training_loss_;
  Loss validation_loss_;
  Optimizer optimizer_;
  WeightAverage average_;
  at::ScalarType precision_;
  GradientScaler scaler_;
  LearningRateSchedule schedule_;
  PhaseTally tally_;
  std::optional<sys::SteadyTime> saved_at_;  ///< when the last checkpoint was done
  double saving_seconds_ = 0;                ///< how long it took
};

}  // namespace alveus::learn
