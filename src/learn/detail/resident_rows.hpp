// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "learn/tensor_folder.hpp"

namespace alveus::learn {

/// Where a slice of the folder stands in its `ResidentPictures`: first come all pictures, then all lung masks.
inline std::int64_t resident_row(const TensorFolder& folder, std::size_t slice, bool is_lung) {
  return static_cast<std::int64_t>(is_lung ? folder.size() + slice : slice);
}

/// A lung mask as a picture: black, and white in the lungs.
inline void whiten(TensorFolder::Bytes labels, std::span<std::uint8_t> picture) {
  for (std::size_t i = 0; i < labels.size(); ++i) picture[i] = labels[i] == 0 ? 0 : 255;
}

}  // namespace alveus::learn
