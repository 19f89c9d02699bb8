// SPDX-License-Identifier: Apache-2.0
#include "imaging/volume.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <ostream>

namespace alveus::imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// 2 x 3 x 2 voxels with the values 0 to 11.
Volume counted(std::array<double, 9> direction) {
  Volume volume{.shape = {2, 3, 2}, .geometry = {.spacing_mm = {1, 2, 5}, .direction = direction}, .values = {}};
  for (int i = 0; i < 12; ++i) volume.values.push_back(static_cast<float>(i));
  return volume;
}

/// Where voxel (i, j, k) lies.
std::array<double, 3> place_of(const Volume& volume, std::array<std::size_t, 3> index) {
  std::array<double, 3> place = volume.geometry.origin_mm;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      place[row] += volume.geometry.direction[row * 3 + axis] * volume.geometry.spacing_mm[axis] *
                    static_cast<double>(index[axis]);
    }
  }
  return place;
}

struct Turned {
  const char* name;
  std::array<double, 9> direction;
};

void PrintTo(const Turned& turned, std::ostream* out) { *out << turned.name; }

class ToAxialTest : public ::testing::TestWithParam<Turned> {};

// No value may move in the patient: each voxel is looked up at its place before and after.
TEST_P(ToAxialTest, LeavesEveryVoxelAtItsPlaceInThePatient) {
  const Volume before = counted(GetParam().direction);
  const Volume after = to_axial(before);
  for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_GT(after.geometry.direction[axis * 3 + axis], 0.7);
  std::size_t found = 0;
  for (std::size_t from = 0; from < 12; ++from) {
    const auto wanted = place_of(before, {from % 2, from / 2 % 3, from / 6});
    for (std::size_t to = 0; to < 12; ++to) {
      const auto [width, height, depth] = after.shape;
      const auto place = place_of(after, {to % width, to / width % height, to / width / height});
      const double distance = std::hypot(place[0] - wanted[0], place[1] - wanted[1], place[2] - wanted[2]);
      if (distance > 1e-9) continue;
      EXPECT_EQ(after.values[to], before.values[from]);
      ++found;
    }
  }
  EXPECT_EQ(found, 12U);
}

INSTANTIATE_TEST_SUITE_P(
    Directions, ToAxialTest,
    ::testing::Values(Turned{"supine", {1, 0, 0, 0, 1, 0, 0, 0, 1}}, Turned{"flipped_x", {-1, 0, 0, 0, 1, 0, 0, 0, 1}},
                      Turned{"flipped_all", {-1, 0, 0, 0, -1, 0, 0, 0, -1}},
                      Turned{"coronal", {1, 0, 0, 0, 0, 1, 0, -1, 0}}, Turned{"sagittal", {0, 0, 1, 1, 0, 0, 0, -1, 0}},
                      Turned{"tilted_20_degrees", {1, 0, 0, 0, 0.9396926, -0.3420201, 0, 0.3420201, 0.9396926}},
                      Turned{"tilted_and_flipped", {-1, 0, 0, 0, -0.9396926, -0.3420201, 0, -0.3420201, 0.9396926}}),
    [](const auto& turned) { return std::string(turned.param.name); });

TEST(VolumeTest, CountsSlicesFromTheFeetAfterAFlip) {
  const Volume axial = to_axial(counted({1, 0, 0, 0, 1, 0, 0, 0, -1}));
  EXPECT_THAT(slice_of(axial, 0).values, ElementsAre(6, 7, 8, 9, 10, 11));
}

TEST(VolumeTest, RefusesShapesBeyondTheLimitsWithoutOverflow) {
  EXPECT_TRUE(check_shape({512, 512, 1000}, "a"));
  for (const Shape& shape : {Shape{0, 512, 1}, Shape{512, 512, 0}, Shape{16385, 1, 1}, Shape{16384, 16384, 1},
                             Shape{SIZE_MAX, SIZE_MAX, SIZE_MAX}, Shape{1024, 1024, 257}}) {
    const auto status = check_shape(shape, "a.nii");
    ASSERT_FALSE(status) << text_of(shape);
    EXPECT_EQ(status.error().where, "a.nii");
  }
}

TEST(VolumeTest, MakesMasksOfWholeNumbersFrom0To255Alone) {
  Volume volume{.shape = {2, 1, 1}, .geometry = {}, .values = {0, 255}};
  EXPECT_THAT(mask_of(volume, "m")->labels, ElementsAre(0, 255));
  for (const float value : {-1.0F, 256.0F, 0.5F, std::nanf("")}) {
    volume.values[1] = value;
    const auto mask = mask_of(volume, "m.nii.gz");
    ASSERT_FALSE(mask) << value;
    EXPECT_THAT(mask.error().message, HasSubstr("whole numbers from 0 to 255"));
  }
}

}  // namespace
}  // namespace alveus::imaging
