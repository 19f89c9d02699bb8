// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "learn/batch_stream.hpp"
#include "learn/network.hpp"
#include "learn/tensor_folder.hpp"

namespace alveus::learn {

struct PredictionOptions {
  std::size_t batch_size = 32;
  std::size_t loader_threads = 1;
  std::optional<ScanForm> form = std::nullopt;               ///< of scans; nothing where the examples are slices
  std::function<bool()> should_stop = [] { return false; };  ///< asked between batches
  const ResidentPictures* resident = nullptr;                ///< not null: the folder's, to take them from; borrowed
};

/// Logits of the examples as they are, [N, classes] in their order, C order. The batches depend on the number of
/// examples and on `batch_size` alone. kCancelled when `should_stop` said so.
core::Result<std::vector<float>> predict_logits(const Network& network, const TensorFolder& folder,
                                                std::span<const Example> examples, const PredictionOptions& options);

/// Softmax of two logits: the probability of class 1.
double positive_probability(float negative_logit, float positive_logit);

}  // namespace alveus::learn
