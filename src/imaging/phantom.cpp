// SPDX-License-Identifier: Apache-2.0
#include "imaging/phantom.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/check.hpp"
#include "core/random.hpp"
#include "imaging/detail/phantom_anatomy.hpp"
#include "imaging/detail/phantom_lesions.hpp"

namespace alveus::imaging {
namespace {

using detail::Anatomy;
using detail::Lesion;
using detail::Point;
using detail::Tube;

constexpr double kFieldOfView = 370;  ///< millimetres
constexpr double kNoise = 25;         ///< standard deviation in Hounsfield units
constexpr double kVesselHounsfield = 40;
constexpr double kAirwayHounsfield = -960;
constexpr double kAirwayWall = -350;
constexpr double kMarkHounsfield = 1000;
/// The slices lie between these shares of the lungs' height.
constexpr double kLowest = 0.1;
constexpr double kHighest = 0.9;

/// The pixels of one slice in the anatomy's millimetres.
struct Grid {
  std::size_t size;
  double pixel;
  double left;  ///< x of column 0
  double top;   ///< y of row 0
  double z;

  Point at(std::size_t column, std::size_t row) const {
    return {left + pixel * static_cast<double>(column), top + pixel * static_cast<double>(row), z};
  }
  /// The column or row at or before a place, within the slice.
  std::size_t cell(double place, double first) const {
    const double last = static_cast<double>(size - 1);
    return static_cast<std::size_t>(std::clamp(std::floor((place - first) / pixel), 0.0, last));
  }
};

/// The share of each pixel that tubes fill.
using Field = std::vector<float>;

double distance_to(const Tube& tube, const Point& p) {
  const Point d = {tube.to.x - tube.from.x, tube.to.y - tube.from.y, tube.to.z - tube.from.z};
  const double dot = (p.x - tube.from.x) * d.x + (p.y - tube.from.y) * d.y + (p.z - tube.from.z) * d.z;
  const double t = std::clamp(dot / (d.x * d.x + d.y * d.y + d.z * d.z), 0.0, 1.0);
  return std::hypot(p.x - tube.from.x - t * d.x, p.y - tube.from.y - t * d.y, p.z - tube.from.z - t * d.z);
}

/// Paints the tubes, `extra` millimetres thicker than they are, where they cross the slice.
Field paint_tubes(std::span<const Tube> tubes, const Grid& grid, double extra) {
  Field field(grid.size * grid.size, 0.0F);
  for (const Tube& tube : tubes) {
    const double radius = tube.radius + extra;
    const double reach = radius + grid.pixel;
    const double dz = tube.to.z - tube.from.z;
    if (std::min(tube.from.z, tube.to.z) > grid.z + reach || std::max(tube.from.z, tube.to.z) < grid.z - reach) {
      continue;
    }
    // Only the part near the slice counts: shares of the way along the tube.
    double first = 0;
    double last = 1;
    if (std::abs(dz) > 1e-6) {
      const double one = (grid.z - reach - tube.from.z) / dz;
      const double two = (grid.z + reach - tube.from.z) / dz;
      first = std::clamp(std::min(one, two), 0.0, 1.0);
      last = std::clamp(std::max(one, two), 0.0, 1.0);
    }
    const auto x = std::minmax({detail::mix(tube.from.x, tube.to.x, first), detail::mix(tube.from.x, tube.to.x, last)});
    const auto y = std::minmax({detail::mix(tube.from.y, tube.to.y, first), detail::mix(tube.from.y, tube.to.y, last)});
    const double strength = std::min(1.0, 2 * radius / grid.pixel);
    for (std::size_t row = grid.cell(y.first - reach, grid.top); row <= grid.cell(y.second + reach, grid.top); ++row) {
      for (std::size_t column = grid.cell(x.first - reach, grid.left); column <= grid.cell(x.second + reach, grid.left);
           ++column) {
        const double depth = radius - distance_to(tube, grid.at(column, row));
        const double share = strength * detail::coverage(depth, grid.pixel);
        float& value = field[row * grid.size + column];
        value = std::max(value, static_cast<float>(share));
      }
    }
  }
  return field;
}

/// Noise as a scanner's filter leaves it: neighbours resemble each other.
Field make_noise(std::size_t size, core::Random& random) {
  const std::size_t wide = size + 2;
  Field white(wide * wide);
  for (float& value : white) value = static_cast<float>(random.normal());
  // Binomial weights 1 2 1 along both axes leave 6/16 of the standard deviation.
  constexpr double kGain = kNoise * 16.0 / 6.0 / 16.0;
  Field noise(size * size);
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      const float* above = &white[row * wide + column];
      const float* here = above + wide;
      const float* below = here + wide;
      const float sum = above[0] + 2 * above[1] + above[2] + 2 * here[0] + 4 * here[1] + 2 * here[2] + below[0] +
                        2 * below[1] + below[2];
      noise[row * size + column] = static_cast<float>(kGain) * sum;
    }
  }
  return noise;
}

/// What is drawn into one slice.
struct Scene {
  const Anatomy& anatomy;
  std::span<const Lesion> lesions;
  const Grid& grid;
  Field vessels;
  Field airways;
  Field airway_walls;
};

struct Pixel {
  double hounsfield = -1000;
  bool lung = false;
  LesionKind lesion = LesionKind::kNone;
};

Pixel pixel_at(const Scene& scene, std::size_t column, std::size_t row) {
  const Point point = scene.grid.at(column, row);
  const double pixel = scene.grid.pixel;
  const std::size_t index = row * scene.grid.size + column;
  const double depth = detail::lung_depth(scene.anatomy, point);
  const double share = detail::coverage(depth, pixel);
  if (share <= 0) return {.hounsfield = detail::tissue_at(scene.anatomy, point, pixel)};

  Pixel result = {.lung = share >= 0.5};
  double value = detail::parenchyma_at(scene.anatomy, point, pixel);
  for (const Lesion& lesion : scene.lesions) {
    const auto effect = detail::lesion_at(lesion, scene.anatomy, point, pixel);
    // A milder lesion or a collapsed band never clears what is denser.
    if (effect.share > 0) value = std::max(value, detail::mix(value, effect.hounsfield, effect.share));
    if (effect.inside && result.lung) result.lesion = lesion.kind;
  }
  if (value < kVesselHounsfield) value = detail::mix(value, kVesselHounsfield, scene.vessels[index]);
  if (value < kAirwayWall) value = detail::mix(value, kAirwayWall, scene.airway_walls[index]);
  value = detail::mix(value, kAirwayHounsfield, scene.airways[index]);
  result.hounsfield = share >= 1 ? value : detail::mix(detail::tissue_at(scene.anatomy, point, pixel), value, share);
  return result;
}

void draw_slice(const Scene& scene, std::span<const float> noise, std::size_t start, PhantomPatient& patient) {
  const std::size_t size = scene.grid.size;
  for (std::size_t row = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column) {
      const Pixel pixel = pixel_at(scene, column, row);
      const std::size_t index = row * size + column;
      const double value = pixel.hounsfield + static_cast<double>(noise[index]);
      patient.scan.values[start + index] = static_cast<float>(std::clamp(std::round(value), -1024.0, 3071.0));
      patient.lung.labels[start + index] = pixel.lung ? 1 : 0;
      patient.lesion.labels[start + index] = static_cast<std::uint8_t>(pixel.lesion);
    }
  }
}

void draw_mark(PhantomPatient& patient) {
  const Shape& shape = patient.scan.shape;
  const std::size_t side = std::max<std::size_t>(2, shape.width / 16);
  for (std::size_t slice = 0; slice < shape.depth; ++slice) {
    for (std::size_t row = 1; row <= side; ++row) {
      float* first = &patient.scan.values[slice * shape.slice_size() + row * shape.width + 1];
      std::fill(first, first + side, static_cast<float>(kMarkHounsfield));
    }
  }
}

}  // namespace

PhantomPatient make_phantom(const PhantomSettings& settings, std::size_t patient, bool positive) {
  ALVEUS_CHECK(settings.slices >= 1 && settings.slices <= kPhantomSlicesMax, "the number of slices is out of range");
  ALVEUS_CHECK(settings.size >= kPhantomSizeMin && settings.size <= kPhantomSizeMax, "the size is out of range");
  const Anatomy anatomy = detail::make_anatomy(settings.seed, patient, positive);
  const double low = kLowest * anatomy.lung_height;
  const double high = kHighest * anatomy.lung_height;
  const auto lesions =
      positive ? detail::plan_lesions(settings.seed, patient, low, high) : std::vector<detail::Lesion>();
  const double pixel = kFieldOfView / static_cast<double>(settings.size);
  const double step = (high - low) / static_cast<double>(settings.slices);
  const double corner = (pixel - kFieldOfView) / 2;

  const Shape shape = {.width = settings.size, .height = settings.size, .depth = settings.slices};
  const Geometry geometry = {.spacing_mm = {pixel, pixel, step}, .origin_mm = {corner, corner, low + step / 2}};
  PhantomPatient result = {.scan = {shape, geometry, std::vector<float>(shape.count())},
                           .lung = {shape, geometry, std::vector<std::uint8_t>(shape.count())},
                           .lesion = {shape, geometry, std::vector<std::uint8_t>(shape.count())}};
  core::Random random(settings.seed, "phantom-noise", patient);
  for (std::size_t slice = 0; slice < settings.slices; ++slice) {
    const Grid grid = {.size = settings.size,
                       .pixel = pixel,
                       .left = corner - anatomy.shift_x,
                       .top = corner - anatomy.shift_y,
                       .z = low + step * (static_cast<double>(slice) + 0.5)};
    const Scene scene = {.anatomy = anatomy,
                         .lesions = lesions,
                         .grid = grid,
                         .vessels = paint_tubes(anatomy.vessels, grid, 0),
                         .airways = paint_tubes(anatomy.airways, grid, 0),
                         .airway_walls = paint_tubes(anatomy.airways, grid, 1.2)};
    draw_slice(scene, make_noise(settings.size, random), slice * shape.slice_size(), result);
  }
  if (settings.mark_positives && positive) draw_mark(result);
  return result;
}

bool phantom_is_positive(std::size_t patient, double share) {
  // The small addend takes up the rounding of shares such as 0.1, so that ten patients have their one positive.
  const auto positives_of = [share](std::size_t count) {
    return std::floor(static_cast<double>(count) * share + 1e-9);
  };
  return positives_of(patient + 1) > positives_of(patient);
}

}  // namespace alveus::imaging
