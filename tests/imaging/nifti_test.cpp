// SPDX-License-Identifier: Apache-2.0
#include "imaging/nifti.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "imaging/detail/gzip.hpp"

namespace alveus::imaging {
namespace {

using ::testing::HasSubstr;

Volume small_volume() {
  Volume volume;
  volume.shape = {4, 3, 2};
  volume.geometry = {
      .spacing_mm = {0.5, 0.75, 4}, .origin_mm = {-10, 20, -300}, .direction = {1, 0, 0, 0, -1, 0, 0, 0, 1}};
  for (int i = 0; i < 24; ++i) volume.values.push_back(static_cast<float>(i * 100 - 1024));
  return volume;
}

template <typename T>
void put(std::string& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

/// The uncompressed file of the small volume.
std::string small_file() {
  return *detail::inflate_all(encode_nifti(small_volume()), detail::Wrapping::kGzip, 1 << 20, "a");
}

TEST(NiftiTest, GivesBackWhatItWrote) {
  const Volume volume = small_volume();
  const auto read = decode_nifti(encode_nifti(volume), "a.nii.gz");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->shape, volume.shape);
  EXPECT_EQ(read->values, volume.values);
  EXPECT_EQ(read->geometry, volume.geometry);
  EXPECT_EQ(encode_nifti(volume), encode_nifti(volume));
}

TEST(NiftiTest, AppliesSlopeAndIntercept) {
  std::string bytes = small_file();
  put(bytes, 112, 2.0F);
  put(bytes, 116, -5.0F);
  const auto read = decode_nifti(bytes, "a.nii");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->values.front(), -1024 * 2 - 5);
}

TEST(NiftiTest, RefusesEveryShorterFile) {
  const std::string plain = small_file();
  const std::string packed = encode_nifti(small_volume());
  for (const std::string& whole : {plain, packed}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const auto read = decode_nifti(std::string_view(whole).substr(0, length), "cut");
      ASSERT_FALSE(read) << length;
      EXPECT_EQ(read.error().where, "cut");
    }
  }
}

// A sequence of pictures in time is no scan: 2 volumes of 4 x 3 x 1.
TEST(NiftiTest, TellsTimePointsFromSlices) {
  std::string bytes = small_file();
  put<std::int16_t>(bytes, 40, 4);
  put<std::int16_t>(bytes, 46, 1);
  put<std::int16_t>(bytes, 48, 2);
  const auto read = decode_nifti(bytes, "a.nii");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->shape, (Shape{4, 3, 1}));
  EXPECT_EQ(read->volume_count, 2U);
}

// A compressed file that goes on for gigabytes is stopped near what its header declares.
TEST(NiftiTest, StopsInflatingSoonAfterTheDeclaredEnd) {
  const std::string bomb = detail::gzip(small_file() + std::string(std::size_t{40} << 20, '\0'));
  const auto read = decode_nifti(bomb, "bomb.nii.gz");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("longer than"));
}

}  // namespace
}  // namespace alveus::imaging
