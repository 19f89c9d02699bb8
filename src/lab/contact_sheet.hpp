// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learn/augment.hpp"
#include "learn/augment_draw.hpp"
#include "learn/tensor_folder.hpp"
#include "study/augmentation.hpp"

namespace alveus::lab {

/// Which augmented pictures are shown: of each sample the original, then what each of the epochs makes of it.
struct SheetPlan {
  study::Augmentation augmentation;
  std::uint64_t seed = 1;
  std::uint64_t first_epoch = 1;
  std::size_t versions = 5;
  std::vector<std::size_t> samples;  ///< by index into the folder
};

/// The picture a training with this seed shows of a sample in an epoch, with all of the folder as the epoch; and what
/// was drawn for it, in a few words each.
struct ShownPicture {
  std::vector<float> pixels;
  std::vector<std::string> words;
};
ShownPicture show_augmented(const learn::TensorFolder& folder, const study::Augmentation& augmentation,
                            std::uint64_t seed, std::uint64_t epoch, std::size_t sample);

/// A grey picture, [height, width].
struct Sheet {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> pixels;
};

/// A row for each sample, captions below the pictures. Small pictures are enlarged by a whole factor.
Sheet draw_contact_sheet(const learn::TensorFolder& folder, const SheetPlan& plan);

/// `count` places spread evenly over `size`, the classes in turn as far as they go.
std::vector<std::size_t> spread_over_classes(const learn::TensorFolder& folder, std::size_t count);

}  // namespace alveus::lab
