// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/weights.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "core/check.hpp"
#include "core/random.hpp"

namespace alveus::learn {
namespace {

constexpr std::int64_t kBlockLength = 4096;

void fill_block(std::span<float> values, core::Random random, Filling filling) {
  if (filling.kind == Filling::Kind::kUniform) {
    for (float& value : values) value = static_cast<float>(random.uniform(-filling.scale, filling.scale));
    return;
  }
  // Box-Muller, both values of a pair used.
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const double radius = filling.scale * std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
    const double angle = 2.0 * std::numbers::pi * random.uniform();
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < values.size()) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
}

/// Values in the logical (NCHW) order of the tensor.
at::Tensor drawn_values(const Weight& weight, std::uint64_t seed) {
  const at::Tensor values = at::empty(weight.tensor.sizes(), at::kFloat);
  const std::span<float> all(values.data_ptr<float>(), static_cast<std::size_t>(values.numel()));
  const std::int64_t block_count = (values.numel() + kBlockLength - 1) / kBlockLength;
  const std::string purpose = "weights/" + weight.name;
  at::parallel_for(0, block_count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const auto first = static_cast<std::size_t>(block * kBlockLength);
      const auto length = std::min(all.size() - first, static_cast<std::size_t>(kBlockLength));
      fill_block(all.subspan(first, length), core::Random(seed, purpose, static_cast<std::uint64_t>(block)),
                 weight.filling);
    }
  });
  return values;
}

}  // namespace

at::Tensor WeightList::add(std::string name, at::IntArrayRef shape, WeightRole role, Filling filling) {
  ALVEUS_CHECK(find(name) == nullptr, "a name stands for one weight");
  const auto options = at::TensorOptions().dtype(is_integer(role) ? at::kLong : at::kFloat).device(device_);
  const auto format = shape.size() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  at::Tensor tensor = at::empty(shape, options.memory_format(format));
  if (role == WeightRole::kTrained) tensor.set_requires_grad(true);
  items_.push_back({std::move(name), tensor, role, filling});
  return tensor;
}

at::Tensor WeightList::add_index(std::string name, const at::Tensor& values) {
  const Filling given = {.kind = Filling::Kind::kGiven};
  at::Tensor tensor = add(std::move(name), values.sizes(), WeightRole::kIndex, given);
  if (!device_.is_meta()) tensor.copy_(values);
  return tensor;
}

void WeightList::share(Weight weight) {
  ALVEUS_CHECK(find(weight.name) == nullptr, "a name stands for one weight");
  items_.push_back(std::move(weight));
}

const Weight* WeightList::find(std::string_view name) const {
  const auto found = std::ranges::find(items_, name, &Weight::name);
  return found == items_.end() ? nullptr : &*found;
}

void WeightList::fill(std::uint64_t seed) const {
  const at::NoGradGuard no_grad;
  for (const Weight& weight : items_) {
    const at::Tensor tensor = weight.tensor;
    if (weight.filling.kind == Filling::Kind::kGiven) continue;
    if (weight.filling.kind == Filling::Kind::kConstant) {
      tensor.fill_(weight.filling.scale);
    } else {
      tensor.copy_(drawn_values(weight, seed));
    }
  }
}

}  // namespace alveus::learn
