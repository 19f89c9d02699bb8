// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <vector>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "imaging/detail/png_samples.hpp"
#include "imaging/png.hpp"
#include "sys/file.hpp"
#include "testing/shared_set.hpp"

namespace alveus::imaging {
namespace {

namespace fs = std::filesystem;

core::Result<detail::PngSamples> samples_of(const fs::path& file) {
  ALVEUS_TRY_ASSIGN(const std::string bytes, sys::read_file(file));
  return detail::decode_png_samples(bytes, file.filename().string());
}

/// The bytes red, green, blue, alpha of each pixel, as the manifest hashes them.
std::string rgba_of(const detail::PngSamples& picture) {
  std::string bytes;
  for (std::size_t i = 0; i < picture.samples.size(); i += picture.channels) {
    const auto sample = [&](std::size_t channel) { return static_cast<char>(picture.samples[i + channel]); };
    const bool coloured = picture.channels >= 3;
    const bool has_alpha = picture.channels % 2 == 0;
    for (std::size_t channel = 0; channel < 3; ++channel) bytes += sample(coloured ? channel : 0);
    bytes += has_alpha ? sample(picture.channels - 1) : '\xff';
  }
  return bytes;
}

/// SHA-256 of the 16-bit pictures' samples (big endian, row by row, without the alpha of a tRNS chunk), by a decoder in
/// Python that shares nothing with libpng. The manifest has hashes of 8-bit pixels alone.
const std::map<std::string, std::string>& hashes_of_16_bits() {
  static const std::map<std::string, std::string> hashes = [] {
    std::map<std::string, std::string> by_name;
    const std::vector<std::pair<std::string, std::string>> names_and_hash{
        {"basi0g16 basn0g16 oi1n0g16 oi2n0g16 oi4n0g16 oi9n0g16",
         "bd5ce54014a325deabcef479b7b62639f5bd651e00741eaaa1dd37a66091778c"},
        {"basi2c16 basn2c16 oi1n2c16 oi2n2c16 oi4n2c16 oi9n2c16 pp0n2c16 ps1n2c16 ps2n2c16",
         "e2703f2e6722086d78e9f0da1d1dda2174f92bd7e27f45ae5177b282ec626eff"},
        {"basi4a16 basn4a16 bgai4a16 bggn4a16", "efbbc333bdd49dec3f802d1f68ea1626a2300109809996ce4c0daa4696a46079"},
        {"basi6a16 basn6a16 bgan6a16 bgyn6a16", "165b1f18ae3a6b43badb788ea6ee9040d4fcf1d47ee28ee66c48e36f6a52768b"},
        {"cs3n2c16", "3c4215d3daa0f300b80f7dd890375122e9e4e8a754a2667fa65acc2a75082dfd"},
        {"g03n0g16", "f82d481560a346ab2020caac6dc33b9c126fb932bb076158dac6a9d96e83b301"},
        {"g04n0g16", "ad6b68d4fd2a55a06e0dae251178437bec9e5fa0245645477a3e4133f0d94607"},
        {"g05n0g16", "86165aa0f850b034a22f225c8ac974804d0b24a0a7a95dbf7cc3932e61221fdc"},
        {"g07n0g16", "3879a1bcc9408c781f7e73cec5c5833b4f5dea959bcc63f27052c2bf719679e4"},
        {"g10n0g16", "6a79369bf3c830dc2b35e7e98dc4761674b74922a4318dbe0bdc47b0feb54e60"},
        {"g25n0g16", "ad9c67a1d8d2994815cd738981a566a61c44e154e917605fcbcae59bb53def85"},
        {"tbbn2c16 tbgn2c16", "08dbb27d5a81bfefa6656ea43231c6ee20523b2c212228ff88005f80f2dfe742"},
        {"tbwn0g16", "da74b48f756bea084eddcd9f7a9f1726ae40cc37bd9038c97cafcb638a871052"}};
    for (const auto& [names, hash] : names_and_hash) {
      for (const std::string& name : core::split(names, ' ')) by_name[name + ".png"] = hash;
    }
    return by_name;
  }();
  return hashes;
}

std::string big_endian_of(const detail::PngSamples& picture, bool without_alpha) {
  std::string bytes;
  for (std::size_t i = 0; i < picture.samples.size(); ++i) {
    if (without_alpha && i % picture.channels == picture.channels - 1) continue;
    bytes += static_cast<char>(picture.samples[i] >> 8);
    bytes += static_cast<char>(picture.samples[i] & 0xFF);
  }
  return bytes;
}

void check_valid(const testing::SharedSet& set, std::size_t row) {
  const auto picture = samples_of(set.file(row));
  ASSERT_TRUE(picture) << picture.error().text();
  EXPECT_EQ(std::to_string(picture->width), set.text(row, "width"));
  EXPECT_EQ(std::to_string(picture->height), set.text(row, "height"));
  const std::string name = set.file(row).filename().string();
  const bool deep = set.text(row, "bit_depth") == "16";
  EXPECT_EQ(picture->bit_depth, deep ? 16 : 8);
  if (!deep) {
    // The manifest's hash leaves out the transparency of 4-bit grey (tRNS); this one has it, by the decoder in Python.
    const std::string expected = name == "tbbn0g04.png"
                                     ? "1c36e9d46fe44582f94be4db7d79d58ea259b0b2a59c7f3328974d0222bfaa97"
                                     : set.text(row, "rgba8_sha256");
    EXPECT_EQ(core::hash_text(core::HashKind::kSha256, rgba_of(*picture)), expected);
    return;
  }
  const bool alpha_of_chunk = name.starts_with("tb");
  ASSERT_TRUE(hashes_of_16_bits().contains(name));
  EXPECT_EQ(core::hash_text(core::HashKind::kSha256, big_endian_of(*picture, alpha_of_chunk)),
            hashes_of_16_bits().at(name));
}

TEST(PngConformanceTest, ReadsEveryValidPictureOfPngSuite) {
  ALVEUS_NEEDS_SET(set, "png-conformance");
  std::size_t count = 0;
  for (std::size_t row = 0; row < set.manifest.row_count(); ++row) {
    if (set.text(row, "label") != "valid") continue;
    SCOPED_TRACE(set.text(row, "path"));
    check_valid(set, row);
    ++count;
  }
  EXPECT_EQ(count, 161U);
}

TEST(PngConformanceTest, RefusesEveryCorruptPictureOfPngSuite) {
  ALVEUS_NEEDS_SET(set, "png-conformance");
  std::size_t count = 0;
  for (std::size_t row = 0; row < set.manifest.row_count(); ++row) {
    if (set.text(row, "label") != "corrupt") continue;
    SCOPED_TRACE(set.text(row, "path"));
    const auto picture = read_png(set.file(row));
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error().code, core::ErrorCode::kInvalidInput);
    EXPECT_EQ(picture.error().where, set.file(row).string());
    EXPECT_THAT(picture.error().message, ::testing::StartsWith("it "));
    ++count;
  }
  EXPECT_EQ(count, 14U);
}

}  // namespace
}  // namespace alveus::imaging
