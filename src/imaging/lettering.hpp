// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alveus::imaging {

/// Pixels to draw on, [height, width]; borrowed.
struct GreyCanvas {
  std::span<std::uint8_t> pixels;
  std::size_t width = 0;
  std::size_t height = 0;
};

/// Every letter takes a box of this size.
inline constexpr std::size_t kLetterWidth = 6;
inline constexpr std::size_t kLetterHeight = 10;

/// Writes a line of printable ASCII in one grey level; another byte is shown as "?", what leaves the canvas is cut.
void write_text(const GreyCanvas& canvas, std::size_t left, std::size_t top, std::string_view text, std::uint8_t level);

/// Words joined by commas in lines of at most so many letters; a longer word is cut.
std::vector<std::string> wrapped(std::span<const std::string> words, std::size_t letters_max);

}  // namespace alveus::imaging
