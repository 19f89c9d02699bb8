// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "core/half.hpp"

namespace alveus::learn {

/// In what the pixels of a tensor folder are kept.
enum class PixelType { kUint8, kFloat16 };
/// The file that holds them.
inline std::string_view file_of(PixelType type) { return type == PixelType::kUint8 ? "pixels.u8" : "pixels.f16"; }
inline std::string_view name_of(PixelType type) { return type == PixelType::kUint8 ? "uint8" : "float16"; }

/// The pixels of a picture as they are kept, [H, W], C order: bytes of which 255 is white, or halves of which 1 is
/// white. A view.
class StoredPicture {
 public:
  using Bytes = std::span<const std::uint8_t>;
  using Halves = std::span<const core::Half>;

  StoredPicture(Bytes bytes) : pixels_(bytes) {}     // NOLINT(google-explicit-constructor): a view of either
  StoredPicture(Halves halves) : pixels_(halves) {}  // NOLINT(google-explicit-constructor)

  /// Of memory that is aligned for such pixels.
  static StoredPicture of(PixelType type, std::span<const std::byte> memory) {
    if (type == PixelType::kUint8) return Bytes(reinterpret_cast<const std::uint8_t*>(memory.data()), memory.size());
    return Halves(reinterpret_cast<const core::Half*>(memory.data()), memory.size() / sizeof(core::Half));
  }

  const std::variant<Bytes, Halves>& pixels() const { return pixels_; }
  PixelType type() const { return std::holds_alternative<Bytes>(pixels_) ? PixelType::kUint8 : PixelType::kFloat16; }
  std::size_t size() const {
    return std::visit([](const auto& pixels) { return pixels.size(); }, pixels_);
  }

 private:
  std::variant<Bytes, Halves> pixels_;
};

/// What a kept pixel is multiplied by to make white 1.
inline constexpr float kUnitOfBytes = 1.0F / 255.0F;
inline constexpr float kUnitOfHalves = 1.0F;
inline float unit_of(PixelType type) { return type == PixelType::kUint8 ? kUnitOfBytes : kUnitOfHalves; }

inline std::size_t bytes_of(PixelType type) {
  return type == PixelType::kUint8 ? sizeof(std::uint8_t) : sizeof(core::Half);
}

/// The bytes of a white pixel.
inline std::span<const std::byte> white_of(PixelType type) {
  static const std::uint8_t byte = 255;
  static const core::Half half = core::to_half(1);
  return type == PixelType::kUint8 ? std::as_bytes(std::span(&byte, 1)) : std::as_bytes(std::span(&half, 1));
}

/// The number that is kept.
inline float kept_number(std::uint8_t pixel) { return static_cast<float>(pixel); }
inline float kept_number(core::Half pixel) { return core::to_float(pixel); }

/// Grey levels to show it in.
std::vector<std::uint8_t> to_bytes(StoredPicture picture);

}  // namespace alveus::learn
