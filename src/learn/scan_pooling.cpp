// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/scan_pooling.hpp"

#include "core/check.hpp"

namespace alveus::learn {
namespace {

/// The slices of each scan, [S, F] each.
std::vector<at::Tensor> scans_of(const at::Tensor& slices, const Pass& pass) {
  if (slices.dim() == 3) return slices.unbind(0);
  ALVEUS_CHECK(!pass.slice_counts.empty(), "slices come with their numbers");
  return slices.split_with_sizes(at::IntArrayRef(pass.slice_counts.data(), pass.slice_counts.size()), 0);
}

}  // namespace

at::Tensor MaxOverSlices::forward(const at::Tensor& input, const Pass& pass) const {
  std::vector<at::Tensor> scans = scans_of(input, pass);
  for (at::Tensor& scan : scans) scan = std::get<0>(scan.max(0));
  return at::stack(scans);
}

AttentionOverSlices::AttentionOverSlices(WeightList& weights, const std::string& name, std::int64_t features,
                                         std::int64_t hidden)
    : value_(weights, name + ".value", features, hidden, torch_start(features)),
      gate_(weights, name + ".gate", features, hidden, torch_start(features)),
      score_(weights, name + ".score", hidden, 1, torch_start(hidden)) {}

at::Tensor AttentionOverSlices::forward(const at::Tensor& input, const Pass& pass) const {
  std::vector<at::Tensor> scans = scans_of(input, pass);
  for (at::Tensor& scan : scans) {
    const at::Tensor gated = at::tanh(value_.forward(scan, pass)) * at::sigmoid(gate_.forward(scan, pass));
    const at::Tensor shares = at::softmax(score_.forward(gated, pass), 0);
    if (pass.attention != nullptr) pass.attention->push_back(shares);
    scan = (shares * scan).sum(0);
  }
  return at::stack(scans);
}

}  // namespace alveus::learn
