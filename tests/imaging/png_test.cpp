// SPDX-License-Identifier: Apache-2.0
#include "imaging/png.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "imaging/volume.hpp"

namespace alveus::imaging {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PngTest, GivesBackWhatItWroteIn8And16Bits) {
  const std::vector<std::uint8_t> shallow{0, 1, 127, 128, 254, 255};
  const std::vector<std::uint16_t> deep{0, 1, 1024, 32768, 65534, 65535};
  const auto read_shallow = decode_png(encode_png(shallow, 3, 2), "a.png");
  const auto read_deep = decode_png(encode_png(deep, 2, 3), "b.png");
  ASSERT_TRUE(read_shallow && read_deep);
  EXPECT_EQ(read_shallow->width, 3U);
  EXPECT_EQ(read_shallow->bit_depth, 8);
  EXPECT_THAT(read_shallow->values, ElementsAre(0, 1, 127, 128, 254, 255));
  EXPECT_EQ(read_deep->height, 3U);
  EXPECT_EQ(read_deep->bit_depth, 16);
  EXPECT_EQ(read_deep->values, deep);
}

// ITU-R 601: 0.299 red + 0.587 green + 0.114 blue.
TEST(PngTest, TurnsColoursToLuma) {
  const std::vector<std::uint8_t> rgb{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 10, 20, 30, 0, 0, 0};
  const auto picture = decode_png(encode_png_rgb(rgb, 6, 1), "c.png");
  ASSERT_TRUE(picture);
  EXPECT_THAT(picture->values, ElementsAre(76, 150, 29, 255, 18, 0));
}

TEST(PngTest, WritesTheSameBytesForTheSamePixels) {
  const std::vector<std::uint8_t> grey(64 * 64, 9);
  EXPECT_EQ(encode_png(grey, 64, 64), encode_png(grey, 64, 64));
}

TEST(PngTest, NamesTheFileThatItRefuses) {
  const auto empty = decode_png("", "slices/a.png");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().where, "slices/a.png");
  EXPECT_THAT(empty.error().message, HasSubstr("does not start like a PNG"));
  const std::vector<std::uint8_t> grey(100, 7);
  const std::string whole = encode_png(grey, 10, 10);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decode_png(std::string_view(whole).substr(0, length), "cut.png")) << length;
  }
}

}  // namespace
}  // namespace alveus::imaging
