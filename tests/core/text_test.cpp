// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::core {
namespace {

using testing::ElementsAre;

TEST(SplitTest, KeepsEmptyPieces) {
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
  EXPECT_THAT(split("abc", ','), ElementsAre("abc"));
}

TEST(BytesTextTest, KeepsTwoDigitsAndTheUnitThatFits) {
  EXPECT_EQ(bytes_text(812), "812 bytes");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(2254857830), "2.1 GiB");
  EXPECT_EQ(bytes_text((1 << 20) - 1), "1 MiB") << "not 1024 KiB";
  EXPECT_EQ(bytes_text(std::int64_t{310} << 40), "310 TiB");
}

TEST(TrimTest, RemovesWhiteSpaceAtBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("   "), "");
  EXPECT_EQ(trim(""), "");
}

struct Word {
  std::string word;
  std::optional<std::string> nearest;
};

class NearestTest : public testing::TestWithParam<Word> {};

TEST_P(NearestTest, SuggestsOnlyMisspellings) {
  const std::vector<std::string> candidates = {"train", "trains", "learning_rate", "fold"};
  EXPECT_EQ(nearest(GetParam().word, candidates), GetParam().nearest);
}

INSTANTIATE_TEST_SUITE_P(Words, NearestTest,
                         testing::Values(Word{"trian", "train"}, Word{"dolf", std::nullopt}, Word{"trai", "train"},
                                         Word{"trainz", "train"}, Word{"learnign_rate", "learning_rate"},
                                         Word{"learning", std::nullopt}, Word{"fold", "fold"}, Word{"fo", std::nullopt},
                                         Word{"folds", "fold"}, Word{"", std::nullopt}, Word{"bold", "fold"}));

TEST(NearestTest, TakesTheFirstOfEquallyNear) {
  const std::vector<std::string> candidates = {"axc", "ayc"};
  EXPECT_EQ(nearest("azc", candidates), "axc");
}

TEST(UriTest, EncodesWhatMayNotStandInAPath) {
  EXPECT_EQ(encode_uri_path("/a b/%41#?"), "/a%20b/%2541%23%3F");
  EXPECT_EQ(encode_uri_path("/\xc3\xbc"), "/%C3%BC");
  EXPECT_EQ(encode_uri_path("/a-b_c.d~e"), "/a-b_c.d~e");
}

TEST(UriTest, DecodesAndLeavesStrayPercents) {
  EXPECT_EQ(decode_uri("/a%20b%2F%c3%bc"), "/a b/\xc3\xbc");
  EXPECT_EQ(decode_uri("100%"), "100%");
  EXPECT_EQ(decode_uri("%4"), "%4");
  EXPECT_EQ(decode_uri("%zz%4g"), "%zz%4g");
}

TEST(UriTest, UndoesEveryByte) {
  std::string all = "/";
  for (int byte = 1; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(decode_uri(encode_uri_path(all)), all);
}

}  // namespace
}  // namespace alveus::core
