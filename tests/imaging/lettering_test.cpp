// SPDX-License-Identifier: Apache-2.0
#include "imaging/lettering.hpp"

#include <gmock/gmock.h>

#include <set>

namespace alveus::imaging {
namespace {

/// The letters as rows of "#" and ".".
std::vector<std::string> drawn(std::string_view text, std::size_t width, std::size_t height = kLetterHeight) {
  std::vector<std::uint8_t> pixels(width * height, 255);
  write_text({.pixels = pixels, .width = width, .height = height}, 0, 0, text, 0);
  std::vector<std::string> rows(height, std::string(width, '.'));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] == 0) rows[i / width][i % width] = '#';
  }
  return rows;
}

TEST(LetteringTest, DrawsLetters) {
  EXPECT_THAT(drawn("L1", 12), testing::ElementsAre("............",  //
                                                    "#.......#...",  //
                                                    "#......##...",  //
                                                    "#.....#.#...",  //
                                                    "#.......#...",  //
                                                    "#.......#...",  //
                                                    "#.......#...",  //
                                                    "#####.#####.",  //
                                                    "............",  //
                                                    "............"));
}

TEST(LetteringTest, TellsAllPrintableLettersApart) {
  std::set<std::vector<std::string>> all;
  for (char letter = ' '; letter <= '~'; ++letter) all.insert(drawn(std::string(1, letter), kLetterWidth));
  EXPECT_EQ(all.size(), 95U);
}

TEST(LetteringTest, ShowsOtherBytesAsQuestionMarks) { EXPECT_EQ(drawn("\xC3\n\x7f", 18), drawn("???", 18)); }

TEST(LetteringTest, CutsWhatLeavesTheCanvas) {
  const auto whole = drawn("LL", 12);
  const auto cut = drawn("LL", 8, 5);
  for (std::size_t y = 0; y < 5; ++y) EXPECT_EQ(cut[y], whole[y].substr(0, 8));
}

TEST(LetteringTest, WrapsBetweenWords) {
  const std::vector<std::string> words = {"one", "two", "three", "much too long"};
  EXPECT_THAT(wrapped(words, 8), testing::ElementsAre("one, two", "three", "much too"));
  EXPECT_THAT(wrapped({}, 8), testing::IsEmpty());
}

}  // namespace
}  // namespace alveus::imaging
