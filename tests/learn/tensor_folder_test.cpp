// SPDX-License-Identifier: Apache-2.0
#include "learn/tensor_folder.hpp"

#include <gmock/gmock.h>

#include "learn/augment.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

using ::testing::HasSubstr;

class TensorFolderTest : public ::testing::Test {
 protected:
  TensorFolderTest() : directory_(std::move(*sys::TemporaryDirectory::make("tensors"))) {}

  testing::LesionFolder small(bool has_masks = true) const {
    testing::LesionFolder folder{.path = directory_.path() / "t", .patients = 2, .side = 8, .has_masks = has_masks};
    folder.write();
    return folder;
  }

  /// The error of opening the folder after one of its files was replaced.
  core::Error error_with(const std::string& file, const std::string& content) const {
    const auto folder = small();
    EXPECT_TRUE(sys::write_file(folder.path / file, content));
    const auto opened = TensorFolder::open(folder.path);
    EXPECT_FALSE(opened) << file;
    return opened ? core::Error{} : opened.error();
  }

 private:
  sys::TemporaryDirectory directory_;
};

TEST_F(TensorFolderTest, ShowsPicturesMasksAndSamples) {
  const auto folder = TensorFolder::open(small().path);
  ASSERT_TRUE(folder) << folder.error().text();
  EXPECT_EQ(folder->size(), 4U);
  EXPECT_EQ(folder->height(), 8U);
  EXPECT_EQ(folder->classes()[1], "covid");
  EXPECT_EQ(folder->samples()[2].target, 1);
  EXPECT_EQ(folder->picture(3).size(), 64U);
  const auto bytes = [&](std::size_t index) { return std::get<StoredPicture::Bytes>(folder->picture(index).pixels()); };
  EXPECT_EQ(bytes(1).data(), bytes(0).data() + 64);
  EXPECT_EQ((*folder->lung(0))[4 * 8 + 4], 1);
  EXPECT_EQ((*folder->lung(0))[0], 0);
}

TEST_F(TensorFolderTest, HasNoMasksWhereTheStudyHasNone) {
  const auto folder = TensorFolder::open(small(false).path);
  ASSERT_TRUE(folder) << folder.error().text();
  EXPECT_FALSE(folder->lung(0));
  EXPECT_FALSE(folder->lesion(0));
}

TEST_F(TensorFolderTest, ShowsTheSamePicturesInHalves) {
  const auto bytes = TensorFolder::open(small().path);
  const testing::LesionFolder written{
      .path = small().path.parent_path() / "h", .patients = 2, .side = 8, .is_of_halves = true};
  written.write();
  const auto halves = TensorFolder::open(written.path);
  ASSERT_TRUE(halves) << halves.error().text();
  EXPECT_EQ(halves->pixel_type(), PixelType::kFloat16);
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<float> expected(64);
    std::vector<float> found(64);
    to_unit_range(bytes->picture(i), expected);
    to_unit_range(halves->picture(i), found);
    EXPECT_THAT(found, ::testing::Pointwise(::testing::FloatNear(0x1p-12F), expected));
    EXPECT_EQ(to_bytes(halves->picture(i)), to_bytes(bytes->picture(i)));
  }
  EXPECT_NE(halves->fingerprint(), bytes->fingerprint());
  const core::Value* const type = halves->preparation().find("dtype");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->as_string(), "float16");
}

TEST_F(TensorFolderTest, FingerprintNamesTheSamples) {
  const auto one = TensorFolder::open(small().path);
  const testing::LesionFolder other{.path = small().path.parent_path() / "u", .patients = 2, .side = 8, .seed = 2};
  other.write();
  EXPECT_EQ(one->fingerprint(), TensorFolder::open(small().path)->fingerprint());
  EXPECT_NE(one->fingerprint(), TensorFolder::open(other.path)->fingerprint());
}

TEST_F(TensorFolderTest, RefusesAnArrayOfAnotherLength) {
  const testing::LesionFolder short_one{
      .path = small().path.parent_path() / "h", .patients = 2, .side = 8, .is_of_halves = true};
  short_one.write();
  ASSERT_TRUE(sys::write_file(short_one.path / "pixels.f16", std::string(256, 'x')));
  const auto opened = TensorFolder::open(short_one.path);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), HasSubstr("pixels.f16: the file has 256 bytes, tensors.json asks for 512"));
  for (const std::string file : {"pixels.u8", "lung.u8", "lesion.u8"}) {
    const auto error = error_with(file, std::string(255, 'x'));
    EXPECT_EQ(error.code, core::ErrorCode::kCorrupt);
    EXPECT_THAT(error.text(), HasSubstr(file + ": the file has 255 bytes, tensors.json asks for 256"));
  }
}

TEST_F(TensorFolderTest, RefusesATableOfAnotherLength) {
  const std::string table = "index,sample_id,patient_id,label,target,split,pixel_sha256\n0,s,p,covid,1,,aa\n";
  EXPECT_THAT(error_with("samples.csv", table).text(), HasSubstr("the table has 1 samples, tensors.json says 4"));
}

TEST_F(TensorFolderTest, RefusesAWrongDescription) {
  const std::string rest = R"(,"height":8,"width":8,"classes":["a","b"],"has_lung":true,"has_lesion":true})";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{", "tensors.json"},
      {R"({"format_version":4,"count":4)" + rest, "format version 4, this program reads versions 1 to 3"},
      {R"({"format_version":3,"dtype":"float32","count":4)" + rest, "'dtype' must be 'uint8' or 'float16'"},
      {R"({"format_version":1,"count":0)" + rest, "'count'"},
      {R"({"format_version":1,"count":-4)" + rest, "'count'"},
      {R"({"format_version":1,"count":99999999999)" + rest, "'count'"},
      {R"({"format_version":1,"count":4,"height":8,"width":8,"has_lung":1,"has_lesion":true})", "'has_lung'"},
      {R"({"format_version":1,"count":4,"height":8,"width":8,"has_lung":true,"has_lesion":true})", "'classes'"},
  };
  for (const auto& [text, fact] : cases) {
    const auto error = error_with("tensors.json", text);
    EXPECT_EQ(error.code, core::ErrorCode::kInvalidInput);
    EXPECT_THAT(error.text(), HasSubstr(fact));
  }
}

TEST_F(TensorFolderTest, NamesTheMissingFile) {
  const auto opened = TensorFolder::open("/nonexistent");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, core::ErrorCode::kNotFound);
  EXPECT_THAT(opened.error().text(), HasSubstr("tensors.json"));
}

}  // namespace
}  // namespace alveus::learn
