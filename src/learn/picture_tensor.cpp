// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/picture_tensor.hpp"

#include "learn/detail/augment_batch.hpp"
#include "learn/detail/device_stream.hpp"
#include "learn/detail/loss.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/resident_pictures.hpp"

namespace alveus::learn {

namespace {

at::Tensor kept_there(UnmadePictures& unmade, const TensorFolder& folder, const at::Device& device) {
  if (unmade.resident != nullptr) return unmade.resident->rows(unmade.rows);
  return sent_to(at::from_blob(unmade.kept.data(),
                               {static_cast<std::int64_t>(unmade.changes.size()),
                                static_cast<std::int64_t>(folder.height()), static_cast<std::int64_t>(folder.width())},
                               torch_type(folder.pixel_type())),
                 device);
}

at::Tensor make_on_device(UnmadePictures& unmade, const TensorFolder& folder, const at::Device& device) {
  const at::Tensor pictures = change_pictures(kept_there(unmade, folder, device), unmade.changes);
  return unmade.mixes.empty() ? pictures : mix_pictures(pictures, unmade.mixes);
}

/// Slices [M, 1, H, W] one behind the other to scans.
at::Tensor as_scans(const at::Tensor& slices, const Batch& batch, InputKind kind) {
  const auto count = static_cast<std::int64_t>(batch.slice_counts.size());
  const std::int64_t height = slices.size(2);
  const std::int64_t width = slices.size(3);
  if (kind == InputKind::kVolumes) return slices.reshape({count, -1, batch.slice_counts.front(), height, width});
  const std::vector<at::Tensor> bags = slices.split_with_sizes(batch.slice_counts);
  return at::pad_sequence(bags, /*batch_first=*/true);
}

}  // namespace

at::Tensor picture_tensor(Batch& batch, const TensorFolder& folder, const Network& network) {
  const auto height = static_cast<std::int64_t>(folder.height());
  const auto width = static_cast<std::int64_t>(folder.width());
  const at::Device device = torch_device(network.device());
  const auto count = static_cast<std::int64_t>(batch.pixels.size()) / (height * width);
  const at::Tensor pictures =
      batch.unmade ? make_on_device(*batch.unmade, folder, device)
                   : sent_to(at::from_blob(batch.pixels.data(), {count, 1, height, width}, at::kFloat), device);
  if (!batch.slice_counts.empty()) return as_scans(pictures, batch, network.description().input);
  return network.options().in_channels == 1 ? pictures : pictures.expand({-1, 3, -1, -1});
}

at::Tensor target_rows(const Batch& batch, std::int64_t class_count) {
  at::Tensor rows = one_hot(batch.targets, class_count);
  float* const cells = rows.data_ptr<float>();
  for (std::size_t i = 0; i < batch.partners.size(); ++i) {
    const Partner& partner = batch.partners[i];
    float* const row = cells + static_cast<std::int64_t>(i) * class_count;
    row[batch.targets[i]] = static_cast<float>(partner.share);
    row[partner.target] += static_cast<float>(1 - partner.share);
  }
  return rows;
}

}  // namespace alveus::learn
