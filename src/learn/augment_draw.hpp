// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "learn/augment.hpp"
#include "study/augmentation.hpp"

namespace alveus::learn {

/// What names the draws of a picture. Each kind of change draws from a stream of its own, so that one more kind leaves
/// the others as they were.
struct DrawKey {
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  std::string_view sample_id;
};

/// The change of one sample in one epoch. Depends on its arguments alone.
PictureChange draw_change(const study::Augmentation& augmentation, const DrawKey& key, const PictureShape& shape);

/// With which other picture of the epoch a picture is mixed, and how.
struct Mix {
  std::size_t partner = 0;  ///< by place among the epoch's pictures
  double share = 1;         ///< of the own picture, and of its target; of a cutmix the exact share of pixels
  Region region;            ///< of the partner, in a cutmix; empty in a mixup
};

/// The mix of one sample in one epoch of `picture_count` pictures. Depends on its arguments alone. `augmentation`
/// mixes.
Mix draw_mix(const study::Augmentation& augmentation, const DrawKey& key, const PictureShape& shape,
             std::size_t picture_count);

}  // namespace alveus::learn
