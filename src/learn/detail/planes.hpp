// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "learn/tensor_folder.hpp"

namespace alveus::learn {

/// A slice of a folder, or its lung mask as a picture: black, and white in the lungs.
struct Plane {
  std::size_t slice = 0;
  bool is_lung = false;
};

/// Where a plane stands in the `ResidentPictures` of its folder: first come all pictures, then all lung masks.
inline std::int64_t resident_row(const TensorFolder& folder, const Plane& plane) {
  return static_cast<std::int64_t>(plane.is_lung ? folder.size() + plane.slice : plane.slice);
}

inline std::size_t bytes_per_plane(const TensorFolder& folder) {
  return folder.height() * folder.width() * bytes_of(folder.pixel_type());
}

/// Its pixels as the folder keeps those of pictures; `out` has `bytes_per_plane`.
inline void copy_plane(const TensorFolder& folder, const Plane& plane, std::span<std::byte> out) {
  const auto copy = [&](const auto& pixels) { std::ranges::copy(std::as_bytes(pixels), out.begin()); };
  if (!plane.is_lung) return std::visit(copy, folder.picture(plane.slice).pixels());
  const auto white = white_of(folder.pixel_type());
  const std::span<const std::uint8_t> labels = *folder.lung(plane.slice);  // the loop would outlive the optional
  std::size_t place = 0;
  for (const std::uint8_t label : labels) {
    for (const std::byte byte : white) out[place++] = label == 0 ? std::byte{0} : byte;
  }
}

}  // namespace alveus::learn
