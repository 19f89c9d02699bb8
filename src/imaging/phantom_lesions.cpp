// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "imaging/detail/phantom_lesions.hpp"

namespace alveus::imaging::detail {
namespace {

constexpr double kSeptaCell = 15;  ///< millimetres between the walls of crazy paving
constexpr double kSeptaRise = 330;

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

LesionKind draw_kind(core::Random& random) {
  const double number = random.uniform();
  if (number < 0.45) return LesionKind::kGroundGlass;
  return number < 0.72 ? LesionKind::kCrazyPaving : LesionKind::kConsolidation;
}

double draw_hounsfield(LesionKind kind, core::Random& random) {
  switch (kind) {
    case LesionKind::kCrazyPaving: return random.uniform(-620, -500);
    case LesionKind::kConsolidation: return random.uniform(-60, 20);
    default: return random.uniform(-610, -450);
  }
}

/// How near the point is to a wall between the cells around scattered centres: the difference of the distances to the
/// two nearest centres, in cells.
double wall_distance(std::uint64_t key, double x, double y) {
  const auto column = static_cast<std::int64_t>(std::floor(x));
  const auto row = static_cast<std::int64_t>(std::floor(y));
  double nearest = 9;
  double second = 9;
  for (std::int64_t j = row - 1; j <= row + 1; ++j) {
    for (std::int64_t i = column - 1; i <= column + 1; ++i) {
      const double centre_x = static_cast<double>(i) + 0.2 + 0.6 * lattice_number(key, i, j, 1);
      const double centre_y = static_cast<double>(j) + 0.2 + 0.6 * lattice_number(key, i, j, 2);
      const double distance = std::hypot(x - centre_x, y - centre_y);
      second = std::min(second, std::max(nearest, distance));
      nearest = std::min(nearest, distance);
    }
  }
  return second - nearest;
}

double septa(const Lesion& lesion, const Point& point, double pixel) {
  // The walls lean with the level, so that neighbouring slices show related nets.
  const double distance = wall_distance(lesion.texture, (point.x + 0.2 * point.z) / kSeptaCell, point.y / kSeptaCell);
  const double width = std::max(2.0, 0.7 * pixel) / kSeptaCell;
  return std::clamp(1.6 - distance / width, 0.0, 1.0);
}

}  // namespace

std::vector<Lesion> plan_lesions(std::uint64_t seed, std::size_t patient, double low, double high) {
  core::Random random(seed, "phantom-lesions", patient);
  const auto count = static_cast<std::size_t>(2 + random.below(4));
  const double range = high - low;
  // Half heights by the number of lesions: two nearly span the lungs each, five share the way.
  constexpr std::array<double, 4> kHeights = {0.43, 0.37, 0.32, 0.28};
  double side = random.chance(0.5) ? 1 : -1;
  std::vector<Lesion> lesions(count);
  for (std::size_t i = 0; i < count; ++i) {
    Lesion& lesion = lesions[i];
    const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
    lesion.kind = draw_kind(random);
    lesion.side = side;
    lesion.angle = radians(random.chance(0.8) ? random.uniform(32, 85) : random.uniform(85, 130));
    lesion.distance = random.uniform(0.72, 0.86);
    lesion.along_wall = random.uniform(30, 49);
    lesion.across_wall = random.uniform(17, 27);
    lesion.centre_z = low + range * (place + random.uniform(-0.04, 0.04));
    lesion.half_height = range * kHeights[count - 2] * random.uniform(1.0, 1.25);
    lesion.hounsfield = draw_hounsfield(lesion.kind, random);
    lesion.texture = random.next();
    side = random.chance(0.85) ? -side : side;
  }
  std::ranges::stable_sort(lesions, {}, &Lesion::kind);
  return lesions;
}

LesionEffect lesion_at(const Lesion& lesion, const Anatomy& anatomy, const Point& point, double pixel) {
  const double level = std::abs(point.z - lesion.centre_z) / lesion.half_height;
  if (level >= 1) return {};
  const auto [half_width, half_depth] = chest_section(anatomy, point.z);
  const double shrink = half_width / anatomy.chest_half_width;
  const double centre_x = lesion.side * std::sin(lesion.angle) * half_width * lesion.distance;
  const double centre_y = std::cos(lesion.angle) * half_depth * lesion.distance;
  const double length = std::hypot(centre_x, centre_y);
  const double dx = point.x - centre_x;
  const double dy = point.y - centre_y;
  const double across = (dx * centre_x + dy * centre_y) / (length * lesion.across_wall * shrink);
  const double along = (dy * centre_x - dx * centre_y) / (length * lesion.along_wall * shrink);
  const double squared = across * across + along * along + level * level * level * level;
  if (squared > 2.2) return {};

  const double wave = noise_at(lesion.texture, {point.x / 13, point.y / 13, point.z / 25});
  const double depth = 1 - std::sqrt(squared) + 0.28 * wave;
  LesionEffect effect;
  if (lesion.kind == LesionKind::kConsolidation) {
    effect.share = coverage(depth * lesion.across_wall * shrink, pixel);
    effect.hounsfield = lesion.hounsfield + 25 * wave;
  } else {
    effect.share = std::clamp(depth / 0.35 + 0.25, 0.0, 1.0);
    const double patches = noise_at(lesion.texture + 1, {point.x / 9, point.y / 9, point.z / 12});
    effect.hounsfield = lesion.hounsfield + 60 * patches;
  }
  if (lesion.kind == LesionKind::kCrazyPaving) effect.hounsfield += kSeptaRise * septa(lesion, point, pixel);
  effect.inside = effect.share >= 0.5;
  return effect;
}

}  // namespace alveus::imaging::detail
