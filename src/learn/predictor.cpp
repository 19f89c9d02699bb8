// SPDX-License-Identifier: Apache-2.0
#include "learn/predictor.hpp"

#include <c10/core/InferenceMode.h>

#include <cmath>

#include "learn/detail/network_parts.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {

core::Result<std::vector<float>> predict_logits(const Network& network, const TensorFolder& folder,
                                                std::span<const Example> examples, const PredictionOptions& options) {
  return at_torch_edge("predicting", [&]() -> core::Result<std::vector<float>> {
    const c10::InferenceMode inference;
    std::vector<float> logits;
    BatchStream stream(folder, cut_evenly(examples, options.batch_size),
                       {.thread_count = options.loader_threads, .form = options.form});
    while (auto batch = stream.next()) {
      if (options.should_stop()) return core::fail(core::ErrorCode::kCancelled, "the prediction was stopped");
      const at::Tensor answer =
          network.forward(picture_tensor(*batch, folder, network), batch->slice_counts).cpu().contiguous();
      const float* const values = answer.data_ptr<float>();
      logits.insert(logits.end(), values, values + answer.numel());
    }
    return logits;
  });
}

double positive_probability(float negative_logit, float positive_logit) {
  const double difference = static_cast<double>(negative_logit) - static_cast<double>(positive_logit);
  return 1.0 / (1.0 + std::exp(difference));
}

}  // namespace alveus::learn
