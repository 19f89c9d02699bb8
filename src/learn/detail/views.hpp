// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace alveus::learn {

/// One way to look at a picture, for learning what stays the same. The changes are those of MoCo v2 (Chen, Fan,
/// Girshick and He, 2020) that grey pictures have: a crop of 20 to 100 % of the area with sides of 3:4 to 4:3, resized
/// to the picture's size; mirrored one time in two; contrast and brightness by 0.6 to 1.4; blurred one time in two with
/// a deviation of 0.1 to 2 pixels of a picture 224 wide.
struct View {
  double left = 0;  ///< of the crop, as shares of the picture's sides
  double top = 0;
  double width = 1;
  double height = 1;
  bool mirrored = false;
  double contrast = 1;
  double brightness = 1;
  double blur = 0;  ///< 0: none
};

/// View `number` of a sample in one epoch; depends on its arguments alone.
View draw_view(std::uint64_t seed, int epoch, const std::string& sample_id, int number);

/// Pictures [N, C, H, W] in [0, 1], each seen its way, on the same device. Without gradients.
at::Tensor seen(const at::Tensor& pictures, const std::vector<View>& views);

}  // namespace alveus::learn
