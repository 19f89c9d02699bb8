// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/resident_pictures.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "learn/detail/augment_batch.hpp"
#include "learn/detail/device_stream.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/planes.hpp"
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} << 20U;

std::int64_t byte_count(const TensorFolder& folder, bool with_lung) {
  return static_cast<std::int64_t>(folder.size() * bytes_per_plane(folder) * (with_lung ? 2 : 1));
}

/// Copies pictures, or lung masks, into the rows that they have, some at a time.
void copy_planes(const TensorFolder& folder, bool is_lung, const at::Tensor& into) {
  const std::size_t bytes = bytes_per_plane(folder);
  const std::size_t some = std::min(std::max<std::size_t>(1, kChunkBytes / bytes), folder.size());
  std::vector<std::byte> chunk(some * bytes);
  for (std::size_t begin = 0; begin < folder.size(); begin += some) {
    const std::size_t count = std::min(some, folder.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      copy_plane(folder, {.slice = begin + i, .is_lung = is_lung}, std::span(chunk).subspan(i * bytes, bytes));
    }
    const auto length = static_cast<std::int64_t>(count);
    into.narrow(0, resident_row(folder, {.slice = begin, .is_lung = is_lung}), length)
        .copy_(at::from_blob(chunk.data(), {length, into.size(1), into.size(2)}, into.scalar_type()));
  }
}

}  // namespace

std::int64_t resident_bytes(const TensorFolder& folder, const study::TrainingSettings& settings) {
  const auto form = scan_form_of(settings);
  const std::int64_t bytes = byte_count(folder, form && form->has_lung);
  return bytes <= kResidentBytesMax ? bytes : 0;
}

ResidentPictures::ResidentPictures(const TensorFolder& folder, const at::Device& device, bool with_lung) {
  const auto rows = static_cast<std::int64_t>(folder.size() * (with_lung ? 2 : 1));
  pixels_ = at::empty({rows, static_cast<std::int64_t>(folder.height()), static_cast<std::int64_t>(folder.width())},
                      at::TensorOptions().dtype(torch_type(folder.pixel_type())).device(device));
  copy_planes(folder, /*is_lung=*/false, pixels_);
  if (with_lung) copy_planes(folder, /*is_lung=*/true, pixels_);
}

at::Tensor ResidentPictures::rows(std::span<const std::int64_t> numbers) const {
  const at::IntArrayRef all(numbers.data(), numbers.size());
  return pixels_.index_select(0, sent_to(at::tensor(all), pixels_.device()));
}

const ResidentPictures* ResidentFolders::find(const TensorFolder& folder, const TrainingOptions& options,
                                              bool with_lung) {
  const bool is_asked = options.pictures == PicturePlace::kResident;
  const bool is_chosen = options.pictures == PicturePlace::kAuto && options.device != Device::kCpu &&
                         byte_count(folder, with_lung) <= kResidentBytesMax;
  if (is_dropped_ || (!is_asked && !is_chosen)) return nullptr;
  const auto [found, is_new] = kept_.try_emplace({&folder, options.device, with_lung});
  if (is_new) {
    // Without the memory for them the trainings go on all the same, so nobody need know.
    auto made = at_torch_edge("copying the pictures to the device", [&] {
      return std::make_unique<ResidentPictures>(folder, torch_device(options.device), with_lung);
    });
    if (made) found->second = *std::move(made);
  }
  return found->second.get();
}

bool ResidentFolders::drop() {
  const bool had_some = std::ranges::any_of(kept_, [](const auto& entry) { return entry.second != nullptr; });
  kept_.clear();
  is_dropped_ = true;
  return had_some;
}

}  // namespace alveus::learn
