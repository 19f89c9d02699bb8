// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "learn/network.hpp"
#include "learn/tensor_folder.hpp"
#include "learn/training.hpp"
#include "study/folds.hpp"
#include "study/pretraining.hpp"
#include "sys/clock.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::learn {

/// What decides start weights, to the last bit (with the number of LibTorch's threads and the device).
struct PretrainingInputs {
  const TensorFolder& folder;
  const study::FoldTable& folds;
  study::Pretraining pretraining;
  std::int64_t batch_parts = 1;  ///< in which batches pass, as TrainingSettings has it; 1 for "simclr"
};

struct PretrainingOutcome {
  Network network;                   ///< after the last epoch; its last layer is the method's own
  std::vector<EpochRecord> history;  ///< without validation
  std::size_t slice_count = 0;       ///< of the training part
  std::int64_t batch_parts = 1;      ///< in which batches passed; more than asked for where memory ran out
  /// Weights before the last layer that the method did not reach: they have their first values.
  std::vector<std::string> untouched;
  double seconds = 0;         ///< of the epochs of this call
  std::int64_t pictures = 0;  ///< learned from in this call
};

/// Learns weights of a network from the pictures of the fold's train part alone; labels and the parts val and test are
/// not looked at. All methods: AdamW, a cosine from the first learning rate to 0, the weights after the last epoch.
///   rotation     by how many quarters a picture was turned (Gidaris, Singh and Komodakis, 2018)
///   autoencoder  the picture itself from the last feature map (learn/detail/reconstruction.hpp)
///   simclr       which two views are of one picture (learn/detail/contrast.hpp)
///   moco         the same against a queue of earlier keys (learn/detail/contrast.hpp)
///   mae          what is masked, from the rest: patches for transformers, else cells (learn/detail/reconstruction.hpp)
/// Checkpoints as `train`. Where memory runs out it begins anew with batches in twice as many parts, as
/// `train_together` does; not so "simclr", which compares all slices of a batch. kUnsupported: a network that does not
/// take pictures; kInvalidInput: a leak between the parts, a fold that is not there or has no train part, pictures that
/// do not suit network or method; kCancelled when `should_stop` said so.
core::Result<PretrainingOutcome> pretrain(const PretrainingInputs& inputs, const TrainingOptions& options,
                                          const sys::Clock& clock);

/// Writes all weights but those of the last layer, under torchvision's names, with `metadata`. Gives the SHA-256.
core::Result<std::string> save_encoder(const Network& network, const std::filesystem::path& path,
                                       const tensorfile::TextMap& metadata);

/// Metadata of such a file: which pre-training, on what, and which weights it did not reach.
tensorfile::TextMap pretraining_metadata(const PretrainingInputs& inputs, const std::vector<std::string>& untouched);

/// history.csv of a pre-training.
std::string pretraining_history_csv(const std::vector<EpochRecord>& history);

}  // namespace alveus::learn
