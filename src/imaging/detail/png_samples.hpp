// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::imaging::detail {

/// The samples of a PNG file: palettes are resolved, 1, 2 and 4 bits widened to 8, interlacing undone.
struct PngSamples {
  std::size_t width = 0;
  std::size_t height = 0;
  int bit_depth = 8;                   ///< 8 or 16
  std::size_t channels = 1;            ///< 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  std::vector<std::uint16_t> samples;  ///< [height, width, channels]
};

/// As `decode_png`, with all channels.
core::Result<PngSamples> decode_png_samples(std::string_view bytes, const std::string& name);

}  // namespace alveus::imaging::detail
