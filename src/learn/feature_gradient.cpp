// SPDX-License-Identifier: Apache-2.0
#include "learn/feature_gradient.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "core/check.hpp"
#include "learn/augment.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "learn/detail/torch_edge.hpp"
#include "learn/predictor.hpp"

namespace alveus::learn {
namespace {

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().cpu().contiguous();
  const float* const values = plain.data_ptr<float>();
  return {values, values + plain.numel()};
}

}  // namespace

core::Result<FeatureGradient> feature_gradient(const Network& network, const TensorFolder& folder, std::size_t index,
                                               FeatureMap map) {
  ALVEUS_CHECK(network.options().class_count == 2, "a margin has two classes");
  return at_torch_edge("computing a feature gradient", [&] {
    Batch batch;
    batch.pixels.resize(folder.height() * folder.width());
    to_unit_range(folder.picture(index), batch.pixels);
    batch.targets.push_back(0);
    FeatureCut cut;
    {
      const at::NoGradGuard no_grad;
      cut = network.features(map, picture_tensor(batch, folder, network));
    }
    // Copies: the layers behind may write in place, which a leaf forbids.
    const at::Tensor features = cut.map.clone().set_requires_grad(true);
    cut.map = features.mul(1.0);
    const at::Tensor logits = network.finish(map, cut);
    const at::Tensor margin = logits.select(1, 1).sum() - logits.select(1, 0).sum();
    const at::Tensor gradient = torch::autograd::grad({margin}, {features}).front();
    const auto logit_values = values_of(logits);
    return FeatureGradient{.channels = static_cast<std::size_t>(features.size(1)),
                           .height = static_cast<std::size_t>(features.size(2)),
                           .width = static_cast<std::size_t>(features.size(3)),
                           .features = values_of(features),
                           .gradient = values_of(gradient),
                           .probability = positive_probability(logit_values[0], logit_values[1])};
  });
}

}  // namespace alveus::learn
