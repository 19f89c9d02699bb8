// SPDX-License-Identifier: Apache-2.0
#include "core/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace alveus::core {
namespace {

struct Digest {
  std::string text;
  std::string sha1;
  std::string sha256;
};

class HashTest : public testing::TestWithParam<Digest> {};

// FIPS 180-4 examples.
TEST_P(HashTest, GivesTheDigestOfTheStandard) {
  EXPECT_EQ(hash_text(HashKind::kSha1, GetParam().text), GetParam().sha1);
  EXPECT_EQ(hash_text(HashKind::kSha256, GetParam().text), GetParam().sha256);
}

INSTANTIATE_TEST_SUITE_P(Texts, HashTest,
                         testing::Values(Digest{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                                                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                                         Digest{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
                                                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                                         Digest{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                                                "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
                                                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}));

TEST(HasherTest, TakesPieces) {
  Hasher hasher(HashKind::kSha256);
  hasher.add("a");
  hasher.add(std::string_view());
  const std::string rest = "bc";
  hasher.add(std::as_bytes(std::span(rest)));
  EXPECT_EQ(hasher.finish(), hash_text(HashKind::kSha256, "abc"));
}

TEST(HasherTest, HashesZeroBytes) {
  EXPECT_NE(hash_text(HashKind::kSha256, std::string("\0", 1)), hash_text(HashKind::kSha256, std::string("\0\0", 2)));
}

// A second implementation, in Python: 64-bit FNV-1a, then the finalizer of MurmurHash3.
TEST(MixTextTest, IsTheSameEverywhere) {
  EXPECT_EQ(mix_text(""), 0xefd01f60ba992926ULL);
  EXPECT_EQ(mix_text("a"), 0x82a2a958a9bece5bULL);
  EXPECT_EQ(mix_text("study/folds"), 0xee7866e41aac086fULL);
}

}  // namespace
}  // namespace alveus::core
