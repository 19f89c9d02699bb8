// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "core/csv.hpp"
#include "core/half.hpp"
#include "core/json.hpp"
#include "imaging/fingerprint.hpp"
#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "lab/ingest.hpp"
#include "lab/tensor_writer.hpp"
#include "learn/tensor_folder.hpp"
#include "testing/recording_terminal.hpp"
#include "testing/scan_folder.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using testing::chest_slice;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kChestSide;

/// The two commands, as the program runs them.
class WindowTest : public ::testing::Test {
 protected:
  WindowTest() {
    folder_.write_png("a.png", chest_slice(1));
    folder_.write_png("b.png", chest_slice(2));
    rows_ = {"a.png,covid,p1,hu,1,-1024,,", "b.png,normal,p2,hu,1,-1024,,"};
  }

  int run(std::vector<std::string> arguments) {
    terminal_.errors.clear();
    const std::vector<cmdline::Command> commands = {make_ingest_command(), make_window_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  int ingest() {
    folder_.write_manifest(columns_, rows_);
    return run({"ingest", "--data", folder_.path().string(), "--out", (folder_.out() / "study").string()});
  }
  int window(std::vector<std::string> more = {}, const std::string& out = "tensors") {
    std::vector<std::string> arguments{"window",
                                       "--data",
                                       folder_.path().string(),
                                       "--out",
                                       (folder_.out() / out).string(),
                                       "--study",
                                       (folder_.out() / "study/study.csv").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }
  std::string file(const std::string& name) const {
    return sys::read_file(folder_.out() / name).value_or("absent: " + name);
  }
  /// The bytes of one picture of an array.
  std::vector<int> picture(const std::string& array, std::size_t index, std::size_t size) const {
    const std::string bytes = file("tensors/" + array);
    std::vector<int> values;
    for (std::size_t i = index * size * size; i < (index + 1) * size * size; ++i) {
      values.push_back(static_cast<unsigned char>(bytes.at(i)));
    }
    return values;
  }
  std::string error() const { return terminal_.errors.empty() ? "no error" : terminal_.errors.front().text(); }

  testing::ScanFolder folder_;
  std::string columns_ = "path,label,patient_id,unit,slope,intercept,lung_mask,lesion_mask";
  std::vector<std::string> rows_;
  testing::RecordingTerminal terminal_;
};

// The whole slice at its own size, so that a byte is a pixel: -1250 to 250 HU are 0 to 255.
TEST_F(WindowTest, MapsHounsfieldUnitsByConstants) {
  std::vector<float> hu = chest_slice(1);
  const std::vector<float> first{-1024, -1000, -956, -950, -500, -497, 0, 250, 251, 2000};
  std::ranges::copy(first, hu.begin());
  folder_.write_png("a.png", hu);
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--crop", "full", "--size", "120"}), 0) << error();
  const std::vector<int> bytes = picture("pixels.u8", 0, 120);
  EXPECT_THAT(std::vector<int>(bytes.begin(), bytes.begin() + 10),
              ElementsAre(38, 43, 50, 51, 128, 128, 213, 255, 255, 255));
  EXPECT_EQ(file("tensors/pixels.u8").size(), 2U * 120 * 120);
}

TEST_F(WindowTest, KeepsWhatLiesBetweenTwoBytesInHalves) {
  std::vector<float> hu = chest_slice(1);
  const std::vector<float> first{-1250, -1249, -500, -499, 249, 250, 2000};
  std::ranges::copy(first, hu.begin());
  rows_.front() = "a.png,covid,p1,hu,1,-2048,,";
  for (float& value : hu) value += 1024;  // the file starts at -2048
  folder_.write_png("a.png", hu);
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--crop", "full", "--size", "120", "--dtype", "float16"}), 0) << error();
  EXPECT_FALSE(fs::exists(folder_.out() / "tensors/pixels.u8"));
  const auto folder = learn::TensorFolder::open(folder_.out() / "tensors");
  ASSERT_TRUE(folder) << folder.error().text();
  EXPECT_EQ(folder->pixel_type(), learn::PixelType::kFloat16);
  const auto halves = std::get<learn::StoredPicture::Halves>(folder->picture(0).pixels());
  for (std::size_t i = 0; i < first.size(); ++i) {
    const float expected = (std::clamp(first[i], -1250.0F, 250.0F) + 1250) / 1500;
    EXPECT_NEAR(core::to_float(halves[i]), expected, 0x1p-12) << first[i];
  }
  EXPECT_NE(halves[2], halves[3]) << "one Hounsfield unit";
}

TEST_F(WindowTest, LeavesGreyPicturesAsTheyAreWhateverTheWindow) {
  std::vector<std::uint8_t> grey(40 * 40);
  std::vector<std::uint16_t> deep(40 * 40);
  std::vector<std::uint8_t> rgb;
  for (std::size_t i = 0; i < grey.size(); ++i) {
    grey[i] = static_cast<std::uint8_t>(i * i / 7);
    deep[i] = static_cast<std::uint16_t>(grey[i] * 257);
    rgb.insert(rgb.end(), 3, grey[i]);
  }
  folder_.write("g8.png", imaging::encode_png(grey, 40, 40));
  folder_.write("g16.png", imaging::encode_png(deep, 40, 40));
  folder_.write("rgb.png", imaging::encode_png_rgb(rgb, 40, 40));
  rows_ = {"g16.png,covid,p1,,,,,", "g8.png,covid,p1,,,,,", "rgb.png,covid,p1,,,,,"};
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--crop", "full", "--size", "40", "--low", "0", "--high", "10"}), 0) << error();
  const std::vector<int> expected(grey.begin(), grey.end());
  for (std::size_t index = 0; index < 3; ++index) EXPECT_EQ(picture("pixels.u8", index, 40), expected) << index;
  EXPECT_FALSE(fs::exists(folder_.out() / "tensors/lung.u8"));
}

TEST_F(WindowTest, CutsTheBoxAroundTheLungsThatItFinds) {
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--size", "64"}), 0) << error();
  const auto samples = core::CsvTable::parse("samples.csv", file("tensors/samples.csv"));
  ASSERT_TRUE(samples);
  // The lungs reach from 21 to 99 and from 35 to 85; 5 % are added, then the box is made square.
  EXPECT_NEAR(*samples->real(0, "box_x"), 17, 1);
  EXPECT_NEAR(*samples->real(0, "box_width"), 87, 2);
  EXPECT_EQ(*samples->integer(0, "box_width"), *samples->integer(0, "box_height"));
  const std::vector<int> lung = picture("lung.u8", 0, 64);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(lung, 1)) / (64.0 * 64), 2 * 3.1416 * 17 * 25 / (87.0 * 87), 0.03);
}

TEST_F(WindowTest, CutsTheSlicesOfAScanByOneBoxWhereAsked) {
  // Lungs that differ from slice to slice: 30 to 60 and 50 to 90.
  const auto mask = [](std::size_t first, std::size_t last) {
    std::vector<std::uint8_t> lung(kChestSide * kChestSide, 0);
    for (std::size_t y = first; y < last; ++y) {
      for (std::size_t x = first; x < last; ++x) lung[y * kChestSide + x] = 255;
    }
    return imaging::encode_png(lung, kChestSide, kChestSide);
  };
  folder_.write_png("a.png", chest_slice(1));
  folder_.write_png("b.png", chest_slice(2));
  folder_.write("a_lung.png", mask(30, 60));
  folder_.write("b_lung.png", mask(50, 90));
  rows_ = {"a.png,covid,p1,hu,1,-1024,a_lung.png,,ct1", "b.png,covid,p1,hu,1,-1024,b_lung.png,,ct1"};
  columns_ += ",series_id";
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--crop", "scan", "--size", "64", "--margin", "0"}), 0) << error();
  const auto samples = core::CsvTable::parse("samples.csv", file("tensors/samples.csv"));
  for (std::size_t row = 0; row < 2; ++row) {
    EXPECT_EQ(*samples->integer(row, "box_x"), 30);
    EXPECT_EQ(*samples->integer(row, "box_width"), 60);
    EXPECT_EQ(samples->cell(row, "series_id"), "ct1");
    EXPECT_EQ(*samples->real(row, "position"), static_cast<double>(row));
  }
}

TEST_F(WindowTest, SaysThatAScanNeedsASeries) {
  ASSERT_EQ(ingest(), 0) << error();
  EXPECT_EQ(window({"--crop", "scan", "--size", "64"}), 1);
  EXPECT_THAT(error(), HasSubstr("name it in the manifest (column 'series_id')"));
}

TEST_F(WindowTest, BlackensWhatIsNoLungWhereAsked) {
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--crop", "masked", "--size", "120", "--margin", "0"}), 0) << error();
  const std::vector<int> pixels = picture("pixels.u8", 0, 120);
  EXPECT_THAT(std::vector<int>(pixels.begin(), pixels.begin() + 20), Each(0));
  EXPECT_GT(std::ranges::count_if(pixels, [](int value) { return value > 0; }), 4000);
}

TEST_F(WindowTest, PrefersMaskFilesAndCarriesLesionLabels) {
  std::vector<std::uint8_t> lung(kChestSide * kChestSide, 0);
  std::vector<std::uint8_t> lesion(lung.size(), 0);
  for (std::size_t y = 40; y < 80; ++y) {
    for (std::size_t x = 30; x < 70; ++x) lung[y * kChestSide + x] = 255;
  }
  for (std::size_t i = 0; i < 4; ++i) lesion[60 * kChestSide + 40 + i] = static_cast<std::uint8_t>(i);
  lesion[60 * kChestSide + 44] = 255;
  folder_.write("lung.png", imaging::encode_png(lung, kChestSide, kChestSide));
  folder_.write("lesion.png", imaging::encode_png(lesion, kChestSide, kChestSide));
  rows_ = {"a.png,covid,p1,hu,1,-1024,lung.png,lesion.png"};
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({"--size", "40", "--margin", "0"}), 0) << error();
  EXPECT_THAT(picture("lung.u8", 0, 40), Each(1));
  const std::vector<int> labels = picture("lesion.u8", 0, 40);
  EXPECT_THAT(std::vector<int>(labels.begin() + 20 * 40 + 9, labels.begin() + 20 * 40 + 16),
              ElementsAre(0, 0, 1, 2, 3, 255, 0));

  lesion[0] = 7;
  folder_.write("lesion.png", imaging::encode_png(lesion, kChestSide, kChestSide));
  EXPECT_EQ(window(), 1);
  EXPECT_THAT(error(), HasSubstr("the lesion mask holds the label 7"));
}

TEST_F(WindowTest, WritesMasksOnlyWhenEverySliceHasThem) {
  folder_.write("lesion.png",
                imaging::encode_png(std::vector<std::uint8_t>(kChestSide * kChestSide, 1), kChestSide, kChestSide));
  rows_[0] = "a.png,covid,p1,hu,1,-1024,,lesion.png";
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window(), 0) << error();
  EXPECT_FALSE(fs::exists(folder_.out() / "tensors/lesion.u8"));
  EXPECT_TRUE(fs::exists(folder_.out() / "tensors/lung.u8"));
  EXPECT_THAT(terminal_.warnings.back(), HasSubstr("only 1 of 2 slices have a lesion mask"));
}

TEST_F(WindowTest, RefusesAFileThatChangedAfterIngestAndLeavesNothing) {
  ASSERT_EQ(ingest(), 0) << error();
  folder_.write_png("b.png", chest_slice(3));
  EXPECT_EQ(window(), 1);
  EXPECT_THAT(error(), HasSubstr("not those that 'alveus ingest' saw"));
  EXPECT_THAT(error(), HasSubstr("sample 'b'"));
  EXPECT_FALSE(fs::exists(folder_.out() / "tensors"));
}

TEST_F(WindowTest, RefusesToMaskGreyPicturesWithoutLungs) {
  std::vector<std::uint8_t> grey(1600);
  for (std::size_t i = 0; i < grey.size(); ++i) grey[i] = static_cast<std::uint8_t>(i % 251);
  folder_.write("g.png", imaging::encode_png(grey, 40, 40));
  rows_ = {"g.png,covid,p1,,,,,"};
  ASSERT_EQ(ingest(), 0) << error();
  EXPECT_EQ(window({"--crop", "masked"}), 1);
  EXPECT_THAT(error(), HasSubstr("use --crop lung or full"));
}

TEST_F(WindowTest, RefusesSettingsThatMakeNoSense) {
  ASSERT_EQ(ingest(), 0) << error();
  EXPECT_NE(window({"--size", "8"}), 0);
  EXPECT_NE(window({"--low", "250", "--high", "-1250"}), 0);
  EXPECT_NE(window({"--margin", "-1"}), 0);
  EXPECT_NE(window({"--crop", "heart"}), 0);
  EXPECT_NE(window({"--dtype", "float32"}), 0);
}

TEST_F(WindowTest, GivesTheSameBytesTwiceAndForRowsInAnotherOrder) {
  const std::vector<std::string> names{"pixels.u8", "lung.u8", "samples.csv", "tensors.json"};
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({}, "first"), 0) << error();
  std::ranges::reverse(rows_);
  ASSERT_EQ(ingest(), 0) << error();
  ASSERT_EQ(window({}, "second"), 0) << error();
  for (const std::string& name : names) EXPECT_EQ(file("first/" + name), file("second/" + name)) << name;
  EXPECT_EQ(file("first/pixels.u8").size(), 2U * 128 * 128);
}

}  // namespace
}  // namespace alveus::lab
