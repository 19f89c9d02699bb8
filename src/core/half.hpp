// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace alveus::core {

/// A number of 16 bits (IEEE 754 binary16), by its bits: half the memory of a float, and 11 significant bits. Here for
/// numbers from 0 to 1, of which neighbours are 2^-11 apart at most.
enum class Half : std::uint16_t {};

/// The nearest, of two as near the one with an even last bit. `value` is from 0 to 1.
inline Half to_half(float value) {
  constexpr float kSmallestNormal = 0x1p-14F;
  constexpr std::uint32_t kExponentGap = 127 - 15;
  constexpr std::uint32_t kDroppedBits = 23 - 10;
  if (value < kSmallestNormal) return static_cast<Half>(std::lrint(value * 0x1p24F));
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value) - (kExponentGap << 23U);
  const std::uint32_t round = ((1U << (kDroppedBits - 1)) - 1) + ((bits >> kDroppedBits) & 1U);
  return static_cast<Half>((bits + round) >> kDroppedBits);
}

/// Exact. The sign is left out.
inline float to_float(Half half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half) & 0x7fffU;
  return std::bit_cast<float>(bits << 13U) * 0x1p112F;
}

}  // namespace alveus::core
