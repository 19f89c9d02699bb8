// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::imaging {

/// A grey picture as stored in a file, before any unit is given to it.
struct Picture {
  std::size_t width = 0;
  std::size_t height = 0;
  int bit_depth = 8;                  ///< 8 or 16; files of 1, 2 or 4 bits are widened to 0..255
  std::vector<std::uint16_t> values;  ///< [height, width]
};

/// Reads a PNG file's bytes. Colours become ITU-R 601 luma, transparency is ignored. `name` is the file as messages
/// show it. kInvalidInput: no PNG, too large (`kSideMax`), damaged in any way that touches the picture; memory stays
/// within the declared size plus a megabyte.
core::Result<Picture> decode_png(std::string_view bytes, const std::string& name);
core::Result<Picture> read_png(const std::filesystem::path& path);

/// A PNG file of the picture: the same bytes for the same pixels. The sizes must agree and be within `kSideMax`.
std::string encode_png(std::span<const std::uint8_t> grey, std::size_t width, std::size_t height);
std::string encode_png(std::span<const std::uint16_t> grey, std::size_t width, std::size_t height);
/// `rgb` is [height, width, 3].
std::string encode_png_rgb(std::span<const std::uint8_t> rgb, std::size_t width, std::size_t height);

}  // namespace alveus::imaging
