// SPDX-License-Identifier: Apache-2.0
#include "learn/stored_picture.hpp"

#include <algorithm>
#include <cmath>

namespace alveus::learn {

std::vector<std::uint8_t> to_bytes(StoredPicture picture) {
  std::vector<std::uint8_t> bytes(picture.size());
  const float unit = unit_of(picture.type());
  std::visit(
      [&](const auto& pixels) {
        std::ranges::transform(pixels, bytes.begin(), [&](auto pixel) {
          return static_cast<std::uint8_t>(std::lround(kept_number(pixel) * unit * 255));
        });
      },
      picture.pixels());
  return bytes;
}

}  // namespace alveus::learn
