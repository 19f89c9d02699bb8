// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "imaging/detail/phantom_anatomy.hpp"

namespace alveus::imaging::detail {
namespace {

constexpr double kAir = -1000;
constexpr double kBoneShell = 620;
constexpr double kBoneMarrow = 210;
constexpr double kBlood = 42;
constexpr double kLiver = 58;
constexpr double kRibSpacing = 27;
constexpr double kRibThickness = 9;
constexpr double kCarina = 0.6;  ///< shares of the lungs' height
constexpr double kHilum = 0.47;
constexpr int kBranchings = 6;

/// A minimum without the crease.
double round_minimum(double a, double b, double radius) {
  const double overlap = std::max(radius - std::abs(a - b), 0.0) / radius;
  return std::min(a, b) - overlap * overlap * radius / 4;
}

/// Radius of a dome of unit size at height `level`, whose middle is at `middle`.
double dome(double level, double middle, double reach) {
  const double off = (level - middle) / reach;
  return std::sqrt(std::max(0.0, 1 - off * off));
}

double spine_y(const Anatomy& anatomy) { return anatomy.chest_half_depth - 18; }

double heart_depth(const Anatomy& anatomy, const Point& point) {
  const double size = dome(point.z / anatomy.lung_height, 0.25, 0.36) * anatomy.heart_scale;
  if (size < 0.1) return -100;
  return ellipse_depth(point.x - 20, point.y + 22, 56 * size, 40 * size);
}

/// Liver on the right, stomach and spleen on the left, below the diaphragm's domes.
double abdomen_depth(const Anatomy& anatomy, const Point& point) {
  const double level = point.z / anatomy.lung_height;
  const double size = dome(level, 0, point.x < 0 ? 0.27 : 0.21);
  if (size < 0.1) return -100;
  return ellipse_depth(std::abs(point.x) - 66, point.y + 8, 62 * size, 68 * size);
}

double aorta_depth(const Anatomy& anatomy, const Point& point) {
  const double level = point.z / anatomy.lung_height;
  double depth = level < 0.72 ? ellipse_depth(point.x - 22, point.y - spine_y(anatomy) + 27, 12, 12) : -100;
  if (level > 0.42 && level < 0.74) depth = std::max(depth, ellipse_depth(point.x + 14, point.y + 26, 15, 15));
  if (level > 0.64 && level < 0.74) {  // the arch joins the two
    const double slant = (point.y + 2) * 0.55;
    depth = std::max(depth, ellipse_depth(point.x - 4 - slant, point.y - 2, 13, 34));
  }
  return depth;
}

/// Bone shell around marrow.
double bone(double depth) { return mix(kBoneMarrow, kBoneShell, std::clamp(1.6 - depth / 2.5, 0.0, 1.0)); }

/// Depth inside a rib: ribs run down from the spine to the front, so that a slice cuts several.
double rib_depth(const Anatomy& anatomy, const Point& point, double wall_depth) {
  const double in_wall = kRibThickness / 2 - std::abs(wall_depth + kRibThickness / 2 + 1);
  if (in_wall < -6) return -10;
  const double front = 0.5 - 0.5 * point.y / std::hypot(point.x, point.y);
  if (front > 0.93) return -10;
  const double along = (point.z + 95 * front) / kRibSpacing + anatomy.rib_phase;
  const double off = std::abs(along - std::floor(along) - 0.5) * kRibSpacing;
  return std::min(in_wall, 5.5 - off);
}

double skeleton_depth(const Anatomy& anatomy, const Point& point, double wall_depth) {
  const double back = spine_y(anatomy);
  double depth = rib_depth(anatomy, point, wall_depth);
  depth = std::max(depth, ellipse_depth(point.x, point.y - back, 19, 15));
  depth = std::max(depth, ellipse_depth(point.x, point.y - back - 38, 4.5, 15));                   // spinous process
  depth = std::max(depth, ellipse_depth(std::abs(point.x) - 20, point.y - back - 18, 15, 5));      // transverse
  depth = std::max(depth, ellipse_depth(point.x, point.y + anatomy.chest_half_depth + 5, 21, 6));  // sternum
  const double level = point.z / anatomy.lung_height;
  if (level > 0.5) {  // shoulder blades
    const double x = std::abs(point.x) - 0.72 * anatomy.chest_half_width;
    const double y = point.y - 0.86 * anatomy.chest_half_depth;
    depth = std::max(depth, ellipse_depth(0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x, 36, 4.5));
  }
  return depth;
}

double mediastinum_at(const Anatomy& anatomy, const Point& point, double pixel) {
  const double clumps = noise_at(anatomy.texture + 2, {point.x / 11, point.y / 11, point.z / 20});
  double value = mix(anatomy.fat_hounsfield, 38, std::clamp(0.62 + 1.3 * clumps, 0.0, 1.0));
  value = mix(value, kBlood, coverage(std::max(heart_depth(anatomy, point), aorta_depth(anatomy, point)), pixel));
  return mix(value, kLiver, coverage(abdomen_depth(anatomy, point), pixel));
}

double wall_at(const Anatomy& anatomy, const Point& point, double body_depth, double pixel) {
  const double streaks = noise_at(anatomy.texture + 3, {point.x / 20, point.y / 8, point.z / 30});
  const double muscle = mix(anatomy.fat_hounsfield, anatomy.muscle_hounsfield, std::clamp(1.35 + streaks, 0.0, 1.0));
  const double skin = coverage(2 - body_depth, pixel);
  const double value = mix(anatomy.fat_hounsfield, muscle, coverage(body_depth - anatomy.fat, pixel));
  return mix(value, 10, skin);
}

// ---- vessels ----

struct Branch {
  Point start;
  Point direction;
  double radius;
  double length;
  int level;
};

Point unit(const Point& p) {
  const double length = std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z);
  return {p.x / length, p.y / length, p.z / length};
}

Point along(const Point& start, const Point& direction, double length) {
  return {start.x + length * direction.x, start.y + length * direction.y, start.z + length * direction.z};
}

Point bend(const Point& direction, double amount, core::Random& random) {
  return unit({direction.x + random.uniform(-amount, amount), direction.y + random.uniform(-amount, amount),
               direction.z + random.uniform(-amount, amount)});
}

/// Grows the vessels of one lung from its root; airways go beside the first two generations.
void grow_tree(Anatomy& anatomy, double side, double width, core::Random& random) {
  const Point root = {side * 34, -2, kHilum * anatomy.lung_height};
  std::vector<Branch> open;
  for (const double turn : {-1.15, -0.75, -0.35, 0.05, 0.45, 0.85, 1.2}) {
    const Point direction =
        unit({side * std::cos(turn), random.uniform(-0.75, 0.85), 1.25 * std::sin(turn) + random.uniform(-0.1, 0.1)});
    open.push_back({root, direction, width * random.uniform(3.4, 4.6), random.uniform(30, 42), 0});
  }
  while (!open.empty()) {
    const Branch branch = open.back();
    open.pop_back();
    const Point end = along(branch.start, branch.direction, branch.length);
    anatomy.vessels.push_back({branch.start, end, branch.radius});
    if (branch.level < 2) {
      const Point offset = {0, 1.9 * branch.radius, 0.8 * branch.radius};
      anatomy.airways.push_back({along(branch.start, offset, 1), along(end, offset, 1), 0.75 * branch.radius});
    }
    if (branch.level == kBranchings || lung_depth(anatomy, end) < (branch.level < 2 ? -25 : -2)) continue;
    for (int child = 0; child < 2; ++child) {
      const double thinner = child == 0 ? random.uniform(0.76, 0.88) : random.uniform(0.6, 0.78);
      open.push_back({end, bend(branch.direction, child == 0 ? 0.35 : 0.8, random), branch.radius * thinner,
                      branch.length * random.uniform(0.68, 0.9), branch.level + 1});
    }
  }
}

void add_nodules(Anatomy& anatomy, std::size_t count, core::Random& random) {
  for (std::size_t tries = 0; tries < 200 && anatomy.nodules.size() < count; ++tries) {
    const Point centre = {random.uniform(-1, 1) * anatomy.chest_half_width,
                          random.uniform(-1, 1) * anatomy.chest_half_depth,
                          random.uniform(0.15, 0.85) * anatomy.lung_height};
    if (lung_depth(anatomy, centre) < 9) continue;
    anatomy.nodules.push_back({centre, random.uniform(4.5, 8), random.uniform(0, 80)});
  }
}

}  // namespace

Anatomy make_anatomy(std::uint64_t seed, std::size_t patient, bool positive) {
  core::Random random(seed, "phantom-anatomy", patient);
  Anatomy anatomy;
  const double scale = random.uniform(0.9, 1.06);
  anatomy.fat = random.uniform(7, 20);
  anatomy.chest_half_width = 134 * scale * random.uniform(0.96, 1.04);
  anatomy.chest_half_depth = 90 * scale * random.uniform(0.95, 1.06);
  anatomy.body_half_width = anatomy.chest_half_width + anatomy.fat + random.uniform(17, 23);
  anatomy.body_half_depth = anatomy.chest_half_depth + anatomy.fat + random.uniform(14, 19);
  anatomy.shift_x = random.uniform(-7, 7);
  anatomy.shift_y = random.uniform(-7, 7);
  anatomy.lung_height = 235 * scale * random.uniform(0.93, 1.07);
  anatomy.heart_scale = random.uniform(0.86, 1.1);
  anatomy.lung_hounsfield = random.uniform(-900, -790);
  anatomy.gravity = random.uniform(15, 50);
  anatomy.fat_hounsfield = random.uniform(-112, -90);
  anatomy.muscle_hounsfield = random.uniform(40, 60);
  anatomy.rib_phase = random.uniform();
  anatomy.texture = random.next();
  const double width = positive ? random.uniform(0.85, 1.2) : random.uniform(0.9, 1.45);
  for (const double side : {-1.0, 1.0}) grow_tree(anatomy, side, width, random);
  const bool has_nodules = random.chance(positive ? 0.25 : 0.8);
  add_nodules(anatomy, has_nodules ? 1 + random.below(3) : 0, random);
  if (random.chance(positive ? 0.25 : 0.65)) {
    anatomy.band = {.depth = random.uniform(7, 15),
                    .hounsfield = random.uniform(-520, -250),
                    .top = random.uniform(0.35, 0.75) * anatomy.lung_height};
  }
  return anatomy;
}

ChestSection chest_section(const Anatomy& anatomy, double z) {
  const double level = z / anatomy.lung_height;
  const double size = level < 0.35 ? 1.0 : std::max(0.05, dome(level, 0.35, 0.74));
  return {anatomy.chest_half_width * size, anatomy.chest_half_depth * (0.25 + 0.75 * size)};
}

double lung_depth(const Anatomy& anatomy, const Point& point) {
  const auto [half_width, half_depth] = chest_section(anatomy, point.z);
  double depth = ellipse_depth(point.x, point.y, half_width, half_depth);
  if (depth < -30) return depth;
  const double bulge = (point.y - 4) / 34;
  const double middle = 5 + 22 * std::exp(-bulge * bulge);
  depth = round_minimum(depth, std::abs(point.x) - middle, 12);
  depth = round_minimum(depth, -ellipse_depth(point.x, point.y - spine_y(anatomy) - 4, 25, 25), 8);
  depth = round_minimum(depth, -heart_depth(anatomy, point), 8);
  depth = round_minimum(depth, -aorta_depth(anatomy, point) - 1, 6);
  return round_minimum(depth, -abdomen_depth(anatomy, point), 6);
}

double main_airway_depth(const Anatomy& anatomy, const Point& point) {
  const double level = point.z / anatomy.lung_height;
  if (level > kCarina) return ellipse_depth(point.x, point.y - 8, 8.5, 8);
  if (level < 0.4) return -100;
  const double apart = 4 + 165 * (kCarina - level);
  return ellipse_depth(std::abs(point.x) - apart, point.y - 8, 8.5, 6);
}

double tissue_at(const Anatomy& anatomy, const Point& point, double pixel) {
  const double body = ellipse_depth(point.x, point.y, anatomy.body_half_width, anatomy.body_half_depth);
  if (body < -pixel) return kAir;
  const auto [half_width, half_depth] = chest_section(anatomy, point.z);
  const double wall = ellipse_depth(point.x, point.y, half_width, half_depth);
  double value = wall_at(anatomy, point, body, pixel);
  if (wall > -pixel) value = mix(value, mediastinum_at(anatomy, point, pixel), coverage(wall, pixel));
  const double skeleton = skeleton_depth(anatomy, point, wall);
  if (skeleton > -pixel) value = mix(value, bone(skeleton), coverage(skeleton, pixel));
  const double canal = ellipse_depth(point.x, point.y - spine_y(anatomy) - 21, 9, 7);
  if (canal > -pixel) value = mix(value, 25, coverage(canal, pixel));
  const double airway = main_airway_depth(anatomy, point);
  if (airway > -2 - pixel) {
    value = mix(value, 20, coverage(airway + 2, pixel));
    value = mix(value, kAir + 10, coverage(airway, pixel));
  }
  return mix(kAir, value, coverage(body, pixel));
}

double parenchyma_at(const Anatomy& anatomy, const Point& point, double pixel) {
  const auto [half_width, half_depth] = chest_section(anatomy, point.z);
  const double texture = noise_at(anatomy.texture + 4, {point.x / 16, point.y / 16, point.z / 16});
  double value = anatomy.lung_hounsfield + anatomy.gravity * point.y / half_depth + 18 * texture;
  const DependentBand& band = anatomy.band;
  if (band.depth > 0 && point.y > 0 && point.z < band.top) {
    const double edge = ellipse_depth(point.x, point.y, half_width, half_depth);
    const double reach = band.depth * std::clamp(1.5 * point.y / half_depth - 0.35, 0.0, 1.0);
    const double wave = 3 * noise_at(anatomy.texture + 5, {point.x / 14, point.y / 14, point.z / 30});
    value = mix(value, band.hounsfield, coverage(reach + wave - edge, pixel + 2) * (reach > 0 ? 1 : 0));
  }
  for (const Nodule& nodule : anatomy.nodules) {
    const double off = std::hypot(point.x - nodule.centre.x, point.y - nodule.centre.y, point.z - nodule.centre.z);
    if (off < nodule.radius + pixel) value = mix(value, nodule.hounsfield, coverage(nodule.radius - off, pixel));
  }
  return value;
}

double lattice_number(std::uint64_t key, std::int64_t x, std::int64_t y, std::int64_t z) {
  std::uint64_t mixed = key;
  for (const std::int64_t part : {x, y, z}) {
    mixed = (mixed ^ static_cast<std::uint64_t>(part)) * 0x9E3779B97F4A7C15U;
    mixed ^= mixed >> 29U;
  }
  mixed *= 0xBF58476D1CE4E5B9U;
  mixed ^= mixed >> 32U;
  return static_cast<double>(mixed >> 11U) * 0x1.0p-53;
}

double noise_at(std::uint64_t key, const Point& point) {
  const double x = std::floor(point.x);
  const double y = std::floor(point.y);
  const double z = std::floor(point.z);
  const auto ease = [](double share) { return share * share * (3 - 2 * share); };
  const double sx = ease(point.x - x);
  const double sy = ease(point.y - y);
  const double sz = ease(point.z - z);
  const auto row = [&](std::int64_t j, std::int64_t k) {
    const auto i = static_cast<std::int64_t>(x);
    const auto jj = static_cast<std::int64_t>(y) + j;
    const auto kk = static_cast<std::int64_t>(z) + k;
    return mix(lattice_number(key, i, jj, kk), lattice_number(key, i + 1, jj, kk), sx);
  };
  return 2 * mix(mix(row(0, 0), row(1, 0), sy), mix(row(0, 1), row(1, 1), sy), sz) - 1;
}

double ellipse_depth(double x, double y, double half_width, double half_depth) {
  const double radius = std::hypot(x / half_width, y / half_depth);
  if (radius < 0.05) return std::min(half_width, half_depth);
  const double slope = std::hypot(x / (half_width * half_width), y / (half_depth * half_depth)) / radius;
  return std::min((1 - radius) / slope, std::min(half_width, half_depth));
}

double coverage(double depth, double width) { return std::clamp(depth / width + 0.5, 0.0, 1.0); }

double mix(double from, double to, double share) { return from + (to - from) * share; }

}  // namespace alveus::imaging::detail
