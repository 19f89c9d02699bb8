// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "learn/examples.hpp"
#include "learn/network.hpp"
#include "learn/rate_sweep.hpp"
#include "learn/tensor_folder.hpp"
#include "study/folds.hpp"
#include "study/variant.hpp"
#include "sys/clock.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::learn {

/// What decides the weights of a training, to the last bit (with the number of LibTorch's threads and the device).
struct TrainingInputs {
  const TensorFolder& folder;
  const study::FoldTable& folds;
  study::Variant variant;
  /// Start weights for every initialisation but "scratch": any file that tensorfile::WeightsFile reads, in
  /// torchvision's names. One that `pretrain` wrote must be of the variant's fold. Empty for "scratch".
  std::filesystem::path start_weights;
};

/// One line of history.csv.
struct EpochRecord {
  int epoch = 0;  ///< from 1
  double learning_rate = 0;
  double train_loss = 0;                  ///< class-weighted mean over the epoch's batches, while the weights moved
  std::optional<double> validation_loss;  ///< class-weighted mean; nothing in a phase that validates nothing
  std::optional<double> validation_auc;   ///< of slices or scans; nothing without both of two classes

  friend bool operator==(const EpochRecord&, const EpochRecord&) = default;
};

/// Where a running training stands.
struct TrainingProgress {
  std::string phase;  ///< "classify", or how it learns start weights: "rotation", "simclr", …
  int epoch = 0;
  int epochs_max = 0;
  std::size_t batches_done = 0;
  std::size_t batch_count = 0;
  double train_loss = 0;  ///< of this epoch so far
  double pictures_per_second = 0;
  bool epoch_finished = false;  ///< the last of `history` is this epoch's
  const std::vector<EpochRecord>* history = nullptr;
};

/// Where the pictures lie that batches are made of.
enum class PicturePlace {
  kAuto,      ///< for a GPU as kResident where they take at most `kResidentBytesMax`, else as kStreamed
  kResident,  ///< on the device: copied there once, for all trainings of a call; as kStreamed where memory lacks
  kStreamed,  ///< on the host: each batch brings its own
};
constexpr std::int64_t kResidentBytesMax = std::int64_t{4} << 30;

/// What the folder's pictures take of a GPU's memory for such a training; 0 where they are streamed.
std::int64_t resident_bytes(const TensorFolder& folder, const study::TrainingSettings& settings);

struct TrainingOptions {
  Device device = Device::kCpu;
  std::size_t loader_threads = 1;
  PicturePlace pictures = PicturePlace::kAuto;
  std::filesystem::path checkpoint_folder;  ///< what it holds of the same training is resumed
  /// Checkpoints are written behind an epoch: behind each when that takes no more than this share of the time between
  /// two of them, else less often. A stop then costs at most the work since the last one.
  double checkpoint_share_max = 0.1;
  std::function<bool()> should_stop = [] { return false; };  ///< asked between batches
  std::function<void(const TrainingProgress&)> on_progress = [](const TrainingProgress&) {};
};

/// Whether a training of this initialisation needs a file of start weights.
bool starts_from_file(std::string_view initialisation);

/// Where start weights came from.
struct StartWeights {
  std::string file;    ///< its name without folders: where it lay says something of the machine, not of the training
  std::string format;  ///< "safetensors", "torch", "torch-legacy"
  std::string sha256;
  tensorfile::TextMap metadata;  ///< what the file says of itself
  TakenWeights taken;

  friend bool operator==(const StartWeights&, const StartWeights&) = default;
};

struct TrainingOutcome {
  std::vector<EpochRecord> history;
  int best_epoch = 0;
  double best_validation_loss = 0;
  bool stopped_early = false;
  std::int64_t parameter_count = 0;
  std::int64_t batch_parts = 1;  ///< in which batches passed; more than the variant's where memory ran out
  std::optional<StartWeights> start_weights;
  std::filesystem::path best_weights;  ///< in the checkpoint folder
  double seconds = 0;                  ///< of the epochs of this call
  std::int64_t pictures = 0;           ///< trained on in this call
};

/// Trains one variant: Adam with AMSGrad, stepped learning rate, class-weighted cross-entropy, and a stop when more
/// than `patience` epochs in a row bring no lower validation loss. Only the fold's train and val parts are read.
/// The checkpoint folder holds the state behind an epoch, from which another call goes on to the same bits.
/// kInvalidInput: a leak between the parts, a part without a class, a checkpoint of another training, a loss that is no
/// number (the weights diverged); kCancelled when `should_stop` said so.
core::Result<TrainingOutcome> train(const TrainingInputs& inputs, const TrainingOptions& options,
                                    const sys::Clock& clock);

/// A training of several.
struct TrainingJob {
  TrainingInputs inputs;
  TrainingOptions options;
};

/// On a GPU, whose kernels leave room beside one another, as many trainings as this pass side by side at most: each has
/// a thread, and LibTorch has 32 streams.
constexpr std::size_t kLanesMax = 16;

/// Trains several variants in one process, each to the bits of a training alone. Those of one `study::BatchSource`
/// share every batch: it is decoded and changed once. They pass in `lane_count` lanes side by side, each a thread with
/// a stream of the device of its own, and within a lane in turn; 0 stands for one lane on a CPU, whose cores one
/// training can use, and on a GPU for one a training, up to `kLanesMax`. With several lanes the functions of the
/// options are called from their threads, but never two at a time, whichever job they belong to; they must not train
/// anything. One that runs out of memory beside the others is trained behind them, by itself; where memory runs out
/// then, it begins anew with its batches in twice as many parts, and so on: what comes out is what `batch_parts` of
/// that number gives. Pictures that lie on the device are given up before that. What fails stops alone. The outcomes in
/// order.
std::vector<core::Result<TrainingOutcome>> train_together(std::span<const TrainingJob> jobs, const sys::Clock& clock,
                                                          std::size_t lane_count = 0);

/// What a learning-rate range test found.
struct RateCurve {
  RateSweep sweep;
  std::int64_t batch_parts = 1;  ///< as in TrainingOutcome
};

/// Takes the steps of a training of the variant, but at the rates of `range` in place of its schedule's, epoch after
/// epoch, until the test is over: at most `range.steps` steps. Looks at the fold's train part alone, and neither reads
/// nor writes a checkpoint. Errors as `train`; that the loss diverges is none, it ends the test.
core::Result<RateCurve> sweep_rates(const TrainingInputs& inputs, const RateRange& range,
                                    const TrainingOptions& options, const sys::Clock& clock);

/// history.csv.
std::string history_csv(const std::vector<EpochRecord>& history);

}  // namespace alveus::learn
