// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/tensor.hpp"

#include <algorithm>
#include <array>

#include "core/check.hpp"

namespace alveus::tensorfile {
namespace {

struct TypeRow {
  ElementType type;
  std::string_view name;
  std::size_t bytes;
};

constexpr std::array kTypes = {
    TypeRow{ElementType::kBool, "BOOL", 1}, TypeRow{ElementType::kU8, "U8", 1},
    TypeRow{ElementType::kI8, "I8", 1},     TypeRow{ElementType::kI16, "I16", 2},
    TypeRow{ElementType::kI32, "I32", 4},   TypeRow{ElementType::kI64, "I64", 8},
    TypeRow{ElementType::kF16, "F16", 2},   TypeRow{ElementType::kBF16, "BF16", 2},
    TypeRow{ElementType::kF32, "F32", 4},   TypeRow{ElementType::kF64, "F64", 8},
};

const TypeRow& row_of(ElementType type) {
  const auto& row = kTypes.at(static_cast<std::size_t>(type));
  ALVEUS_CHECK(row.type == type, "the table stands in the order of the enumeration");
  return row;
}

}  // namespace

std::size_t size_of(ElementType type) { return row_of(type).bytes; }

std::string_view name_of(ElementType type) { return row_of(type).name; }

std::optional<ElementType> find_element_type(std::string_view name) {
  const auto* const row = std::ranges::find(kTypes, name, &TypeRow::name);
  if (row == kTypes.end()) return std::nullopt;
  return row->type;
}

std::optional<std::uint64_t> element_count(std::span<const std::int64_t> shape) {
  std::uint64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return std::nullopt;
  }
  return count;
}

std::optional<std::uint64_t> byte_count(ElementType type, std::span<const std::int64_t> shape) {
  auto count = element_count(shape);
  if (count && __builtin_mul_overflow(*count, size_of(type), &*count)) return std::nullopt;
  return count;
}

const TensorView* TensorSet::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(tensors, name, {}, &TensorView::name);
  return found == tensors.end() || found->name != name ? nullptr : &*found;
}

}  // namespace alveus::tensorfile
