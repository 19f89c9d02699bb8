// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/batch_stream.hpp"
#include "learn/detail/checkpoint.hpp"
#include "learn/detail/gradient_scaler.hpp"
#include "learn/detail/loss.hpp"
#include "learn/detail/objective.hpp"
#include "learn/network.hpp"
#include "learn/schedule.hpp"
#include "learn/training.hpp"
#include "study/batch_source.hpp"
#include "study/training_settings.hpp"

namespace alveus::learn {

/// What a phase of a training learns.
struct PhaseTask {
  std::string name;  ///< "classify" or a pre-training's method: keeps their random streams apart
  std::function<std::vector<Example>(int epoch)> training_examples;  ///< unshuffled
  std::vector<Example> validation_examples;   ///< without any the last epoch counts as the best, by its training loss
  std::vector<float> class_weights;           ///< of the loss, where it is weighted
  std::vector<float> training_class_weights;  ///< the same for what the epochs show
  study::Augmentation augmentation = {};
  /// What decides the batches, where they may be those of another phase too.
  std::optional<study::BatchSource> batch_source = std::nullopt;
  Objective* objective = nullptr;              ///< borrowed; null: the settings' loss of the logits against the targets
  const ResidentPictures* resident = nullptr;  ///< the folder's on the network's device, borrowed; null: streamed
};

struct PhaseTally {
  double seconds = 0;
  std::int64_t pictures = 0;
};

/// All batches of one epoch.
struct EpochBatches {
  const TensorFolder* folder = nullptr;
  BatchPlan plan;
  StreamOptions options;

  friend bool operator==(const EpochBatches&, const EpochBatches&) = default;
};

/// One phase of a training, epoch by epoch, from where its checkpoint stands to its end; the network then holds the
/// last weights, the checkpoint the best. Whoever trains it asks for `next_batches`, calls `begin_epoch`, gives all of
/// them in order to `train_batch`, and calls `end_epoch`; `train_together` does so. After a failure it goes no further.
/// Where `should_stop` says so, it saves where it stands and fails with kCancelled: between two batches, of training or
/// of validation.
class Phase {
 public:
  Phase(Network& network, const ExampleSource& source, const study::TrainingSettings& settings, PhaseTask task,
        const TrainingOptions& options, const sys::Clock& clock);

  /// Takes up what the checkpoint holds; once, first. It is borrowed.
  core::Status begin(Checkpoint& checkpoint);
  Device device() const { return network_.device(); }
  bool is_finished() const { return state_.finished; }
  int next_epoch() const { return state_.epoch() + 1; }
  EpochBatches batches_of(int epoch) const;
  /// Whether the other's batches of an epoch are this one's.
  bool shares_batches_with(const Phase& other) const;
  /// What is left of the next epoch.
  EpochBatches next_batches() const;
  void begin_epoch(const EpochBatches& batches);
  core::Status train_batch(Batch& batch);
  /// Validates, keeps the best weights and saves when that is due.
  core::Status end_epoch();

  /// Steps are taken with this learning rate from now on, in place of the schedule's.
  void set_learning_rate(double rate) { learning_rate_ = rate; }
  /// Mean loss of the last batch, before its step; NaN when the training diverged in it.
  double last_loss() const { return last_loss_; }

  const PhaseState& state() const { return state_; }
  const PhaseTally& tally() const { return tally_; }

 private:
  /// Where a batch stands.
  struct Place {
    int epoch = 0;
    std::size_t batch = 0;  ///< from 0
  };

  /// Of a part of a batch: what is added up over the parts for the records, a tensor without gradients.
  struct PartLoss {
    at::Tensor value;
    double share = 1;  ///< by which it counts
  };

  Learner learner() { return {.weights = weights_, .optimizer = optimizer_, .average = average_}; }
  std::vector<Example> examples_of(int epoch) const;
  core::Random noise_of(const Place& place) const;
  core::Status learn_from(Batch& batch, const Place& place);
  core::Status learn_by_objective(const Batch& batch, const at::Tensor& pictures, const Place& place);
  core::Status step_by(const std::vector<PartLoss>& losses, double weight, const Batch& batch, const Place& place);
  core::Status take_step(const Batch& batch, const Place& place);
  core::Error diverged(const Batch& batch, const Place& place, std::string_view what);
  core::Status validate_and_keep(const EpochRecord& record);
  core::Status judge(EpochRecord record);
  core::Status gather_statistics(int epoch);
  core::Status save_when_due();
  core::Status save();
  core::Error stop_here();
  core::Status validate(EpochRecord& record) const;
  double mean_loss(const std::vector<float>& logits, const std::vector<Example>& examples) const;
  void tell_progress(const Place& place, std::size_t batch_count, double loss) const;
  bool is_over() const;

  Network& network_;
  ExampleSource source_;
  const study::TrainingSettings& settings_;
  PhaseTask task_;
  const TrainingOptions& options_;
  const sys::Clock& clock_;
  WeightList weights_;  ///< the network's, and the objective's where there is one
  Loss training_loss_;
  Loss validation_loss_;
  Optimizer optimizer_;
  WeightAverage average_;
  at::ScalarType precision_;
  GradientScaler scaler_;
  LearningRateSchedule schedule_;
  /// The epoch under way.
  struct EpochRun {
    Place place;  ///< the next batch
    std::size_t batch_count = 0;
    MeanLoss loss;
  };

  Checkpoint* checkpoint_ = nullptr;
  PhaseState state_;
  std::optional<EpochRun> epoch_;
  PhaseTally tally_;
  std::optional<double> learning_rate_;  ///< in place of the schedule's
  double last_loss_ = 0;
  bool is_saved_ = true;                     ///< nothing has changed since the checkpoint, if any
  std::optional<sys::SteadyTime> saved_at_;  ///< when the last checkpoint was done
  double saving_seconds_ = 0;                ///< how long it took
};

/// Trains phases that have begun to their ends, each to the bits of a training alone: those that stand at the same
/// epoch and share batches get the same ones, in so many lanes (see `Lanes`) side by side and within a lane one after
/// the other. With several lanes a phase calls its options' functions from the thread of its lane. What fails stops
/// alone. How each ended, in order.
std::vector<core::Status> train_together(std::span<Phase* const> phases, std::size_t lane_count);

}  // namespace alveus::learn
