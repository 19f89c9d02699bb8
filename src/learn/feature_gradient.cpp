// SPDX-License-Identifier: Apache-2.0
#include "learn/feature_gradient.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "core/check.hpp"
#include "learn/batch_stream.hpp"
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

/// The map of one volume [1, C, D, H, W], or of one slice or the slices of one bag [S, C, H, W], as [C, D, H, W].
at::Tensor by_depth(const at::Tensor& map) { return map.dim() == 5 ? map.squeeze(0) : map.transpose(0, 1); }

}  // namespace

core::Result<FeatureGradient> feature_gradient(const Network& network, const ExampleSource& source, std::size_t index,
                                               FeatureMap map) {
  ALVEUS_CHECK(network.options().class_count == 2, "a margin has two classes");
  return at_torch_edge("computing a feature gradient", [&] {
    BatchStream stream(source.folder(), {{Example{.index = index, .target = 0}}}, {.form = source.form()});
    Batch batch = *stream.next();
    FeatureCut cut;
    {
      const at::NoGradGuard no_grad;
      cut = network.features(map, picture_tensor(batch, source.folder(), network), batch.slice_counts);
    }
    // Copies: the layers behind may write in place, which a leaf forbids.
    const at::Tensor features = cut.map.clone().set_requires_grad(true);
    cut.map = features.mul(1.0);
    std::vector<at::Tensor> attention;
    const at::Tensor logits = network.finish(map, cut, &attention);
    const at::Tensor margin = logits.select(1, 1).sum() - logits.select(1, 0).sum();
    const at::Tensor gradient = torch::autograd::grad({margin}, {features}).front();
    const auto logit_values = values_of(logits);
    const at::Tensor plane = by_depth(features);
    return FeatureGradient{.channels = static_cast<std::size_t>(plane.size(0)),
                           .depth = static_cast<std::size_t>(plane.size(1)),
                           .height = static_cast<std::size_t>(plane.size(2)),
                           .width = static_cast<std::size_t>(plane.size(3)),
                           .features = values_of(plane),
                           .gradient = values_of(by_depth(gradient)),
                           .probability = positive_probability(logit_values[0], logit_values[1]),
                           .attention = attention.empty() ? std::vector<float>() : values_of(attention.front())};
  });
}

}  // namespace alveus::learn
