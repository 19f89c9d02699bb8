// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "learn/augment.hpp"
#include "learn/augment_draw.hpp"

namespace alveus::learn {

at::ScalarType torch_type(PixelType type);

/// What `PictureMaker` does to one picture after the other, to all at once and on the device where `kept` lies: from
/// [M, H, W] in bytes or halves to [M, 1, H, W] in [0, 1]. One change for each picture. Agrees with `PictureMaker` but
/// for the rounding of coordinates and sums.
at::Tensor change_pictures(const at::Tensor& kept, std::span<const PictureChange> changes);

/// The first of `pictures` [M, 1, H, W], one for each mix, mixed with the one that stands at the place `partner` in
/// them.
at::Tensor mix_pictures(const at::Tensor& pictures, std::span<const Mix> mixes);

}  // namespace alveus::learn
