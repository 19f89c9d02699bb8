// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "learn/stored_picture.hpp"

namespace alveus::learn {

struct PictureShape {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t area() const { return height * width; }
};

/// A change of a picture's place: around its centre, mirrored, turned, stretched, then moved. Lengths are shares of the
/// picture's sides.
struct Placement {
  bool mirrored = false;  ///< left to right
  bool flipped = false;   ///< top to bottom
  double angle_rad = 0;
  double scale = 1;
  double shift_x = 0;
  double shift_y = 0;

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// An elastic deformation: a uniform cubic B-spline (Rueckert et al., 1999) over a grid of control points, of which
/// the picture spans the inner 4 x 4 cells. Row by row; shares of the picture's width and height.
inline constexpr std::size_t kControlSide = 7;
struct Bend {
  std::array<float, kControlSide * kControlSide> across{};
  std::array<float, kControlSide * kControlSide> down{};
};

/// Another window on the same grey values: its centre moved by a share of its width, its width multiplied. What the
/// first window cut off stays cut off: this is a linear map with a cut at black and white.
struct WindowMove {
  double centre = 0;
  double width = 1;
};

/// A change of grey values, black at 0 and white at 1: power, then contrast around the middle, then an addition. What
/// leaves 0 to 1 is cut.
struct Shading {
  double gamma = 1;
  double contrast = 1;
  double brightness = 0;
};

/// Gaussian noise that depends on the key and the pixel's place alone.
struct Noise {
  double deviation = 0;  ///< of the range from black to white; the sum is cut to it
  std::array<std::uint32_t, 2> key{};
};

/// Pixels of a picture; none where a side is 0.
struct Region {
  std::size_t left = 0;
  std::size_t top = 0;
  std::size_t width = 0;
  std::size_t height = 0;
  bool is_empty() const { return width == 0 || height == 0; }
};

/// Everything that is done to one picture, in this order. As it is made here it changes nothing.
struct PictureChange {
  Placement placement;
  std::optional<Bend> bend;
  double blur_px = 0;  ///< deviation of the Gaussian
  WindowMove window;
  Shading shading;
  Noise noise;
  Region cutout;  ///< blackened

  bool moves_pixels() const { return bend || placement != Placement(); }
  bool moves_window() const { return window.centre != 0 || window.width != 1; }
  bool shades() const { return shading.gamma != 1 || shading.contrast != 1 || shading.brightness != 0; }
};

/// Makes pictures of one shape in [0, 1] from kept ones, one after the other; holds its working memory. For one thread.
class PictureMaker {
 public:
  explicit PictureMaker(const PictureShape& shape);

  /// `out` shows at each pixel the source where the change says, bilinearly interpolated and 0 outside, with the rest
  /// of the change behind.
  void make(StoredPicture picture, const PictureChange& change, std::span<float> out);

 private:
  void place(StoredPicture picture, const PictureChange& change, std::span<float> out);
  void bend_row(const Bend& bend, std::size_t y);
  void sample_row(float unit, float* out) const;
  void blur(double deviation_px, std::span<float> picture);

  PictureShape shape_;
  std::vector<float> basis_across_;  ///< [kControlSide, width]
  std::vector<float> basis_down_;    ///< [kControlSide, height]
  std::vector<float> padded_;        ///< the source as it is kept, with a border of zeros
  std::vector<float> source_x_;      ///< of the pixels of one row
  std::vector<float> source_y_;
  std::vector<float> blurred_;
};

/// Kept pixels to [0, 1].
void to_unit_range(StoredPicture picture, std::span<float> out);

/// Each of these changes a picture in [0, 1] in place.
void shade(std::span<float> picture, const Shading& shading);
void move_window(std::span<float> picture, const WindowMove& move);
void add_noise(std::span<float> picture, const Noise& noise);
void blacken(std::span<float> picture, const PictureShape& shape, const Region& region);

/// Mixup where `region` is empty: share * picture + (1 - share) * partner; else cutmix: the partner's pixels in it.
void mix_in(std::span<float> picture, std::span<const float> partner, const PictureShape& shape, double share,
            const Region& region);

/// As `to_unit_range` with the picture turned counter-clockwise by a multiple of 90 degrees. The picture is square.
void turn_quarters(StoredPicture picture, std::size_t side, int quarters, std::span<float> out);

/// Where in the source each pixel of a placed picture comes from: source = origin + x * per_x + y * per_y, in pixels.
struct Sampling {
  float origin_x, origin_y;
  float x_per_x, y_per_x;
  float x_per_y, y_per_y;
};
Sampling sampling_of(const PictureShape& shape, const Placement& placement);

/// What each control point counts at each pixel of a side: [kControlSide, side].
std::vector<float> spline_basis(std::size_t side);

/// The weights of a Gaussian at -r … r, which sum to 1; r is 3 deviations, and less than the shorter side, over which
/// the picture is continued by reflection.
std::vector<float> blur_weights(double deviation_px, const PictureShape& shape);

}  // namespace alveus::learn
