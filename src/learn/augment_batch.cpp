// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/augment_batch.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <numbers>
#include <vector>

#include "core/check.hpp"
#include "learn/detail/device_stream.hpp"

namespace alveus::learn {
namespace {

/// Numbers of each picture as columns that broadcast over it: [M, 1, 1, 1] each. One transfer for all of them.
template <typename Item, typename... Getters>
std::vector<at::Tensor> columns(std::span<const Item> items, const at::Device& device, Getters... getters) {
  std::vector<float> table;
  for (const Item& item : items) (table.push_back(static_cast<float>(getters(item))), ...);
  const auto rows = static_cast<std::int64_t>(items.size());
  const at::Tensor there =
      sent_to(at::tensor(table).reshape({rows, static_cast<std::int64_t>(sizeof...(Getters))}), device);
  std::vector<at::Tensor> all;
  for (std::int64_t i = 0; i < there.size(1); ++i) all.push_back(there.select(1, i).reshape({rows, 1, 1, 1}));
  return all;
}

at::Tensor ramp(std::int64_t side, const at::Device& device) {
  return at::arange(side, at::TensorOptions().dtype(at::kFloat).device(device));
}

at::Tensor basis_tensor(std::int64_t side, const at::Device& device) {
  const auto basis = spline_basis(static_cast<std::size_t>(side));
  return sent_to(at::tensor(basis).reshape({static_cast<std::int64_t>(kControlSide), side}), device);
}

/// How far the pixels of each picture are bent, [M, H, W], in shares of a side.
at::Tensor displacements(std::span<const PictureChange> changes, const at::Tensor& pictures,
                         const std::array<float, kControlSide * kControlSide> Bend::* direction) {
  constexpr auto kSide = static_cast<std::int64_t>(kControlSide);
  std::vector<float> points;
  for (const PictureChange& change : changes) {
    const Bend bend = change.bend.value_or(Bend());
    points.insert(points.end(), (bend.*direction).begin(), (bend.*direction).end());
  }
  const at::Device device = pictures.device();
  const at::Tensor controls = sent_to(at::tensor(points).reshape({pictures.size(0), kSide, kSide}), device);
  const at::Tensor down = basis_tensor(pictures.size(2), device).t();
  return at::matmul(at::matmul(down, controls), basis_tensor(pictures.size(3), device));
}

at::Tensor place(const at::Tensor& pictures, std::span<const PictureChange> changes) {
  const std::int64_t height = pictures.size(2);
  const std::int64_t width = pictures.size(3);
  const at::Device device = pictures.device();
  std::vector<Sampling> samplings;
  for (const PictureChange& change : changes) {
    samplings.push_back(sampling_of(
        {.height = static_cast<std::size_t>(height), .width = static_cast<std::size_t>(width)}, change.placement));
  }
  const auto parameters = columns(
      std::span<const Sampling>(samplings), device, [](const Sampling& s) { return s.origin_x; },
      [](const Sampling& s) { return s.x_per_x; }, [](const Sampling& s) { return s.x_per_y; },
      [](const Sampling& s) { return s.origin_y; }, [](const Sampling& s) { return s.y_per_x; },
      [](const Sampling& s) { return s.y_per_y; });
  const at::Tensor across = ramp(width, device);
  const at::Tensor down = ramp(height, device).reshape({height, 1});
  at::Tensor source_x = (parameters[0] + down * parameters[2] + across * parameters[1]).squeeze(1);
  at::Tensor source_y = (parameters[3] + down * parameters[5] + across * parameters[4]).squeeze(1);
  if (std::ranges::any_of(changes, [](const PictureChange& change) { return change.bend.has_value(); })) {
    source_x = source_x + displacements(changes, pictures, &Bend::across) * static_cast<double>(width);
    source_y = source_y + displacements(changes, pictures, &Bend::down) * static_cast<double>(height);
  }
  // From pixels to -1 … 1 between the outer edges of the outermost pixels.
  const auto relative = [](const at::Tensor& pixels, std::int64_t side) {
    return (pixels * 2 + 1) / static_cast<double>(side) - 1;
  };
  const at::Tensor grid = at::stack({relative(source_x, width), relative(source_y, height)}, 3);
  constexpr std::int64_t kBilinear = 0;
  constexpr std::int64_t kZeros = 0;
  return at::grid_sampler_2d(pictures, grid, kBilinear, kZeros, /*align_corners=*/false);
}

at::Tensor blur(const at::Tensor& pictures, std::span<const PictureChange> changes) {
  const PictureShape shape = {.height = static_cast<std::size_t>(pictures.size(2)),
                              .width = static_cast<std::size_t>(pictures.size(3))};
  std::vector<std::vector<float>> kernels;
  std::size_t taps = 1;
  for (const PictureChange& change : changes) {
    kernels.push_back(change.blur_px > 0 ? blur_weights(change.blur_px, shape) : std::vector<float>{1.0F});
    taps = std::max(taps, kernels.back().size());
  }
  std::vector<float> table(kernels.size() * taps);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const auto first = static_cast<std::ptrdiff_t>(i * taps + (taps - kernels[i].size()) / 2);
    std::ranges::copy(kernels[i], table.begin() + first);
  }
  const auto width = static_cast<std::int64_t>(taps);
  const at::Tensor weights = sent_to(at::tensor(table).reshape({pictures.size(0), width, 1, 1, 1}), pictures.device());
  const std::int64_t radius = width / 2;
  const auto along = [&](const at::Tensor& padded, std::int64_t axis) {
    at::Tensor sum = at::zeros_like(pictures);
    for (std::int64_t k = 0; k < width; ++k) {
      sum = sum + weights.select(1, k) * padded.narrow(axis, k, pictures.size(axis));
    }
    return sum;
  };
  const at::Tensor rows = along(at::reflection_pad2d(pictures, {radius, radius, 0, 0}), 3);
  return along(at::reflection_pad2d(rows, {0, 0, radius, radius}), 2);
}

at::Tensor move_windows(const at::Tensor& pictures, std::span<const PictureChange> changes) {
  const auto numbers = columns(
      changes, pictures.device(), [](const PictureChange& change) { return 1 / change.window.width; },
      [](const PictureChange& change) { return 0.5 - (0.5 + change.window.centre) / change.window.width; });
  return (pictures * numbers[0] + numbers[1]).clamp(0, 1);
}

at::Tensor shade(const at::Tensor& pictures, std::span<const PictureChange> changes) {
  const auto numbers = columns(
      changes, pictures.device(), [](const PictureChange& change) { return change.shading.gamma; },
      [](const PictureChange& change) { return change.shading.contrast; },
      [](const PictureChange& change) { return 0.5 - 0.5 * change.shading.contrast + change.shading.brightness; });
  return (pictures.pow(numbers[0]) * numbers[1] + numbers[2]).clamp(0, 1);
}

/// As `mixed` of the pictures on the CPU, on words of 32 bits in 64: the factor is below 2^31, so products fit.
at::Tensor mixed(at::Tensor words) {
  constexpr std::int64_t kFactor = 0x45d9f3b;
  constexpr std::int64_t kMask = 0xffffffff;
  for (int round = 0; round < 2; ++round) {
    words = words.bitwise_xor(words.bitwise_right_shift(16)).mul(kFactor).bitwise_and(kMask);
  }
  return words.bitwise_xor(words.bitwise_right_shift(16));
}

at::Tensor add_noise(const at::Tensor& pictures, std::span<const PictureChange> changes) {
  const at::Device device = pictures.device();
  const std::int64_t count = pictures.size(0);
  const std::int64_t area = pictures.size(2) * pictures.size(3);
  std::vector<std::int64_t> keys;
  for (const PictureChange& change : changes) {
    keys.insert(keys.end(), change.noise.key.begin(), change.noise.key.end());
  }
  const at::Tensor key = sent_to(at::tensor(keys).reshape({count, 2, 1}), device);
  const auto words = [&](std::int64_t first) {
    const at::Tensor numbers = at::arange(first, area + first, 2, at::TensorOptions().dtype(at::kLong).device(device));
    return mixed(mixed(numbers.bitwise_xor(key.select(1, 0))).bitwise_xor(key.select(1, 1)))
        .bitwise_right_shift(8)
        .to(at::kFloat);
  };
  constexpr double kStep = 0x1.0p-24;
  const auto deviation = columns(changes, device, [](const PictureChange& change) { return change.noise.deviation; });
  const at::Tensor radius = ((words(0) + 1) * kStep).log().mul(-2).sqrt() * deviation[0].reshape({count, 1});
  const at::Tensor angle = words(1) * (kStep * 2 * std::numbers::pi);
  const at::Tensor noise = at::stack({radius * angle.cos(), radius * angle.sin()}, 2).reshape({count, -1});
  return (pictures + noise.narrow(1, 0, area).reshape(pictures.sizes())).clamp(0, 1);
}

/// Where each picture's region lies, [M, 1, H, W].
template <typename Item, typename Getter>
at::Tensor inside(std::span<const Item> items, const at::Tensor& pictures, Getter region_of) {
  const auto sides = columns(
      items, pictures.device(), [&](const Item& item) { return region_of(item).left; },
      [&](const Item& item) { return region_of(item).left + region_of(item).width; },
      [&](const Item& item) { return region_of(item).top; },
      [&](const Item& item) { return region_of(item).top + region_of(item).height; });
  const at::Tensor across = ramp(pictures.size(3), pictures.device());
  const at::Tensor down = ramp(pictures.size(2), pictures.device()).reshape({-1, 1});
  return across.ge(sides[0])
      .logical_and(across.lt(sides[1]))
      .logical_and(down.ge(sides[2]))
      .logical_and(down.lt(sides[3]));
}

}  // namespace

at::ScalarType torch_type(PixelType type) { return type == PixelType::kUint8 ? at::kByte : at::kHalf; }

at::Tensor change_pictures(const at::Tensor& kept, std::span<const PictureChange> changes) {
  ALVEUS_CHECK(kept.dim() == 3 && kept.size(0) == static_cast<std::int64_t>(changes.size()), "a change a picture");
  const at::NoGradGuard no_grad;
  const float unit = unit_of(kept.scalar_type() == at::kByte ? PixelType::kUint8 : PixelType::kFloat16);
  at::Tensor pictures = kept.unsqueeze(1).to(at::kFloat) * unit;
  const auto any = [&](auto is_wanted) { return std::ranges::any_of(changes, is_wanted); };
  if (any([](const PictureChange& change) { return change.moves_pixels(); })) pictures = place(pictures, changes);
  if (any([](const PictureChange& change) { return change.blur_px > 0; })) pictures = blur(pictures, changes);
  if (any([](const PictureChange& change) { return change.moves_window(); }))
    pictures = move_windows(pictures, changes);
  if (any([](const PictureChange& change) { return change.shades(); })) pictures = shade(pictures, changes);
  if (any([](const PictureChange& change) { return change.noise.deviation > 0; }))
    pictures = add_noise(pictures, changes);
  if (any([](const PictureChange& change) { return !change.cutout.is_empty(); })) {
    const at::Tensor holes = inside(changes, pictures, [](const PictureChange& change) { return change.cutout; });
    pictures = pictures.masked_fill(holes, 0);
  }
  return pictures;
}

at::Tensor mix_pictures(const at::Tensor& pictures, std::span<const Mix> mixes) {
  const at::NoGradGuard no_grad;
  std::vector<std::int64_t> rows;
  for (const Mix& mix : mixes) rows.push_back(static_cast<std::int64_t>(mix.partner));
  const at::Tensor own = pictures.narrow(0, 0, static_cast<std::int64_t>(mixes.size()));
  const at::Tensor other = pictures.index_select(0, sent_to(at::tensor(rows), pictures.device()));
  // Where a region is cut, the rest of the picture stays whole.
  const auto shares = columns(
      mixes, pictures.device(), [](const Mix& mix) { return mix.region.is_empty() ? mix.share : 1; },
      [](const Mix& mix) { return mix.region.is_empty() ? 1 - mix.share : 0; });
  const at::Tensor cut = inside(mixes, own, [](const Mix& mix) { return mix.region; });
  return at::where(cut, other, shares[0] * own + shares[1] * other);
}

}  // namespace alveus::learn
