// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alveus::tensorfile {

/// The kinds of numbers in files of weights.
enum class ElementType { kBool, kU8, kI8, kI16, kI32, kI64, kF16, kBF16, kF32, kF64 };

std::size_t size_of(ElementType type);
/// "F32": as safetensors files call it.
std::string_view name_of(ElementType type);
std::optional<ElementType> find_element_type(std::string_view name);

/// A tensor by name; the bytes are borrowed, in C order, little-endian, and may lie at any address.
struct TensorView {
  std::string name;
  ElementType type = ElementType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Elements of a tensor of this shape, or nothing when an extent is negative or the product overflows.
std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape);
/// Bytes likewise.
std::optional<std::uint64_t> byte_count(ElementType type, std::span<const std::int64_t> shape);

using TextMap = std::map<std::string, std::string>;  ///< what a file says of itself

/// The content of a file. The views point into the file's bytes or into `memory`.
struct TensorSet {
  std::vector<TensorView> tensors;  ///< sorted by name, no name twice
  TextMap metadata;
  std::vector<std::unique_ptr<std::byte[]>> memory;

  const TensorView* find(std::string_view name) const;
};

}  // namespace alveus::tensorfile
