// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/picture_tensor.hpp"

#include "learn/detail/network_parts.hpp"

namespace alveus::learn {

at::Tensor picture_tensor(Batch& batch, const TensorFolder& folder, const Network& network) {
  const auto count = static_cast<std::int64_t>(batch.targets.size());
  const auto height = static_cast<std::int64_t>(folder.height());
  const auto width = static_cast<std::int64_t>(folder.width());
  at::Tensor pictures = at::from_blob(batch.pixels.data(), {count, 1, height, width}, at::kFloat);
  pictures = pictures.to(torch_device(network.device()));
  return network.options().in_channels == 1 ? pictures : pictures.expand({-1, 3, -1, -1});
}

at::Tensor target_tensor(Batch& batch, const Network& network) {
  const auto count = static_cast<std::int64_t>(batch.targets.size());
  return at::from_blob(batch.targets.data(), {count}, at::kLong).to(torch_device(network.device()));
}

}  // namespace alveus::learn
