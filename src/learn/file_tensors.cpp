// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <utility>

#include "core/check.hpp"
#include "learn/detail/network_parts.hpp"

namespace alveus::learn {
namespace {

using tensorfile::ElementType;

constexpr std::array kTypes = {
    std::pair{ElementType::kBool, at::kBool}, std::pair{ElementType::kU8, at::kByte},
    std::pair{ElementType::kI8, at::kChar},   std::pair{ElementType::kI16, at::kShort},
    std::pair{ElementType::kI32, at::kInt},   std::pair{ElementType::kI64, at::kLong},
    std::pair{ElementType::kF16, at::kHalf},  std::pair{ElementType::kBF16, at::kBFloat16},
    std::pair{ElementType::kF32, at::kFloat}, std::pair{ElementType::kF64, at::kDouble},
};

ElementType element_type_of(at::ScalarType type) {
  for (const auto& [ours, torchs] : kTypes) {
    if (torchs == type) return ours;
  }
  core::check_failed("type", "networks hold no other numbers", __FILE__, __LINE__);
}

at::ScalarType scalar_type_of(ElementType type) {
  for (const auto& [ours, torchs] : kTypes) {
    if (ours == type) return torchs;
  }
  core::check_failed("type", "every kind of number has a row", __FILE__, __LINE__);
}

}  // namespace

void SavedTensors::add(std::string name, const at::Tensor& tensor) {
  const at::Tensor kept = tensor.detach().cpu().contiguous();
  const std::span bytes(static_cast<const std::byte*>(kept.data_ptr()), kept.nbytes());
  views_.push_back({.name = std::move(name),
                    .type = element_type_of(kept.scalar_type()),
                    .shape = kept.sizes().vec(),
                    .bytes = bytes});
  kept_.push_back(kept);
}

at::Tensor tensor_of(const tensorfile::TensorView& view) {
  const at::Tensor tensor = at::empty(view.shape, scalar_type_of(view.type));
  if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

core::Status copy_from(const tensorfile::SafetensorsFile& file, const std::string& name, const at::Tensor& into) {
  const tensorfile::TensorView* const view = file.find(name);
  if (view == nullptr || at::IntArrayRef(view->shape) != into.sizes() ||
      scalar_type_of(view->type) != into.scalar_type()) {
    return core::fail(core::ErrorCode::kCorrupt, "'" + name + "' is absent or has another shape or type", file.name());
  }
  const at::NoGradGuard no_grad;
  into.copy_(tensor_of(*view));
  return {};
}

}  // namespace alveus::learn
