// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/views.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "core/random.hpp"
#include "learn/detail/device_stream.hpp"

namespace alveus::learn {
namespace {

constexpr double kAreaLeast = 0.2;
constexpr double kAspectMost = 4.0 / 3;
constexpr double kShadeChange = 0.4;
constexpr double kBlurLeast = 0.1;
constexpr double kBlurMost = 2;
constexpr double kBlurWidth = 224;  // of the pictures that deviations are given for

/// Numbers of each view as a tensor like `like`.
template <typename Number>
at::Tensor each(const std::vector<View>& views, const at::Tensor& like, Number number) {
  std::vector<float> values;
  for (const View& view : views) values.push_back(static_cast<float>(number(view)));
  return sent_to(at::tensor(values, at::kFloat), like.device()).view({-1, 1, 1, 1});
}

/// [N, H, W, 2]: where in the source, from -1 to 1 along each side, a pixel of the view comes from.
at::Tensor crop_grid(const at::Tensor& pictures, const std::vector<View>& views) {
  std::vector<float> rows;
  for (const View& view : views) {
    const double to_right = view.mirrored ? -view.width : view.width;
    for (const double value :
         {to_right, 0.0, 2 * view.left + view.width - 1, 0.0, view.height, 2 * view.top + view.height - 1}) {
      rows.push_back(static_cast<float>(value));
    }
  }
  const at::Tensor theta = sent_to(at::tensor(rows, at::kFloat).view({-1, 2, 3}), pictures.device());
  return at::affine_grid_generator(theta, pictures.sizes(), /*align_corners=*/false);
}

/// One row of a Gaussian for each picture, [N, taps]; of those that are not blurred all weight is in the middle.
at::Tensor gaussians(const std::vector<View>& views, double pixels, const at::Tensor& like) {
  const auto reach = static_cast<std::int64_t>(std::ceil(2 * kBlurMost * pixels));
  std::vector<float> taps;
  for (const View& view : views) {
    for (std::int64_t i = -reach; i <= reach; ++i) {
      const double deviation = view.blur * pixels;
      const double distance = static_cast<double>(i);
      const double weight = deviation > 0 ? std::exp(-distance * distance / (2 * deviation * deviation)) : 0;
      taps.push_back(i == 0 ? 1.0F : static_cast<float>(weight));
    }
  }
  const at::Tensor rows = sent_to(at::tensor(taps, at::kFloat).view({-1, 2 * reach + 1}), like.device());
  return rows / rows.sum(1, /*keepdim=*/true);
}

at::Tensor blurred(const at::Tensor& pictures, const std::vector<View>& views) {
  const at::Tensor rows = gaussians(views, static_cast<double>(pictures.size(3)) / kBlurWidth, pictures)
                              .repeat_interleave(pictures.size(1), 0);
  const std::int64_t planes = pictures.size(0) * pictures.size(1);
  const std::int64_t reach = rows.size(1) / 2;
  at::Tensor value = pictures.reshape({1, planes, pictures.size(2), pictures.size(3)});
  value = at::replication_pad2d(value, {reach, reach, reach, reach});
  value = at::conv2d(value, rows.view({planes, 1, 1, -1}), {}, 1, at::IntArrayRef({0, 0}), 1, planes);
  value = at::conv2d(value, rows.view({planes, 1, -1, 1}), {}, 1, at::IntArrayRef({0, 0}), 1, planes);
  return value.view(pictures.sizes());
}

}  // namespace

View draw_view(std::uint64_t seed, int epoch, const std::string& sample_id, int number) {
  core::Random random(seed, "view" + std::to_string(number) + "/" + sample_id, static_cast<std::uint64_t>(epoch));
  const double area = random.uniform(kAreaLeast, 1);
  const double aspect = std::exp(random.uniform(-std::log(kAspectMost), std::log(kAspectMost)));
  View view;
  view.width = std::min(1.0, std::sqrt(area * aspect));
  view.height = std::min(1.0, std::sqrt(area / aspect));
  view.left = random.uniform() * (1 - view.width);
  view.top = random.uniform() * (1 - view.height);
  view.mirrored = random.chance(0.5);
  view.contrast = random.uniform(1 - kShadeChange, 1 + kShadeChange);
  view.brightness = random.uniform(1 - kShadeChange, 1 + kShadeChange);
  const bool is_blurred = random.chance(0.5);
  view.blur = is_blurred ? random.uniform(kBlurLeast, kBlurMost) : 0;
  return view;
}

at::Tensor seen(const at::Tensor& pictures, const std::vector<View>& views) {
  ALVEUS_CHECK(std::ssize(views) == pictures.size(0), "each picture has its view");
  const at::NoGradGuard no_grad;
  const at::Tensor whole = pictures.contiguous();
  at::Tensor value = at::grid_sampler_2d(whole, crop_grid(whole, views), /*interpolation_mode=*/0, /*padding_mode=*/0,
                                         /*align_corners=*/false);
  const at::Tensor mean = value.mean(at::IntArrayRef({1, 2, 3}), /*keepdim=*/true);
  value = (value - mean) * each(views, value, [](const View& view) { return view.contrast; }) + mean;
  value = value * each(views, value, [](const View& view) { return view.brightness; });
  return blurred(value.clamp(0, 1), views);
}

}  // namespace alveus::learn
