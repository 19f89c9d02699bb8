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
    std::vector<at::Tensor> answers;
    // A device gets bytes, a quarter of the numbers that they become there.
    const bool on_device = network.device() != Device::kCpu || options.resident != nullptr;
    BatchStream stream(folder, cut_evenly(examples, options.batch_size),
                       {.thread_count = options.loader_threads,
                        .making = on_device ? Making::kOnDevice : Making::kInThreads,
                        .resident = options.resident,
                        .form = options.form});
    while (auto batch = stream.next()) {
      if (options.should_stop()) return core::fail(core::ErrorCode::kCancelled, "the prediction was stopped");
      answers.push_back(network.forward(picture_tensor(*batch, folder, network), batch->slice_counts));
    }
    if (answers.empty()) return std::vector<float>();
    const at::Tensor all = at::cat(answers).cpu().contiguous();  // once: the device need not wait between batches
    const float* const values = all.data_ptr<float>();
    return std::vector<float>(values, values + all.numel());
  });
}

double positive_probability(float negative_logit, float positive_logit) {
  const double difference = static_cast<double>(negative_logit) - static_cast<double>(positive_logit);
  return 1.0 / (1.0 + std::exp(difference));
}

}  // namespace alveus::learn
