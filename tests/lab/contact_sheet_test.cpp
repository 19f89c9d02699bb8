// SPDX-License-Identifier: Apache-2.0
#include "lab/contact_sheet.hpp"

#include <gmock/gmock.h>

#include <set>

#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "learn/batch_stream.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ContactSheetTest : public ::testing::Test {
 protected:
  ContactSheetTest() : directory_(std::move(*sys::TemporaryDirectory::make("sheet"))) {
    const testing::LesionFolder files{.path = path() / "t", .patients = 10, .side = 32};
    files.write();
    folder_ = std::move(*learn::TensorFolder::open(files.path));
  }
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"augment", "--tensors", path() / "t", "--out", path() / "sheet.png"});
    const std::vector<cmdline::Command> commands = {make_augment_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  std::filesystem::path path() const { return directory_.path(); }
  const learn::TensorFolder& folder() const { return *folder_; }
  const testing::RecordingTerminal& terminal() const { return terminal_; }
  std::string last_error() const { return terminal_.errors.empty() ? "" : terminal_.errors.back().text(); }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<learn::TensorFolder> folder_;
  testing::RecordingTerminal terminal_;
};

TEST_F(ContactSheetTest, ShowsThePicturesOfATraining) {
  const auto augmentation = *study::parse_augmentation("flips-affine+elastic+noise+cutout+mixup+cutmix");
  std::vector<learn::Example> examples;
  for (std::size_t i = 0; i < folder().size(); ++i) {
    examples.push_back({.index = i, .target = folder().samples()[i].target, .quarter_turns = 0});
  }
  learn::BatchStream stream(folder(), learn::cut_evenly(examples, 64),
                            {.augmentation = augmentation, .seed = 3, .epoch = 2});
  const auto batch = stream.next();
  ASSERT_TRUE(batch);
  for (std::size_t i = 0; i < folder().size(); ++i) {
    const auto trained = std::span(batch->pixels).subspan(i * 1024, 1024);
    EXPECT_THAT(show_augmented(folder(), augmentation, 3, 2, i).pixels, ::testing::ElementsAreArray(trained)) << i;
  }
}

TEST_F(ContactSheetTest, SaysWhatWasDrawn) {
  const auto words = [&](const char* text) {
    return show_augmented(folder(), *study::parse_augmentation(text), 1, 1, 0).words;
  };
  EXPECT_THAT(words("none"), ::testing::ElementsAre("unchanged"));
  EXPECT_THAT(words("flip:1+flip-vertical:1"), ::testing::ElementsAre("mirrored", "upside down"));
  EXPECT_THAT(words("affine"),
              ::testing::ElementsAre(StartsWith("turned "), StartsWith("scaled "), StartsWith("moved ")));
  EXPECT_THAT(words("mixup"), ::testing::ElementsAre(StartsWith("mixup share "), StartsWith("with ")));
  EXPECT_THAT(words("elastic+blur+window+intensity+noise"), ::testing::SizeIs(7));
}

TEST_F(ContactSheetTest, TakesSlicesOfBothClasses) {
  for (const std::size_t count : {2U, 5U, 6U, 20U}) {
    const auto chosen = spread_over_classes(folder(), count);
    EXPECT_EQ(std::set(chosen.begin(), chosen.end()).size(), count);
    const auto positives =
        std::ranges::count_if(chosen, [&](std::size_t index) { return folder().samples()[index].target == 1; });
    EXPECT_NEAR(static_cast<double>(positives), static_cast<double>(count) / 2, 0.5);
  }
  EXPECT_EQ(spread_over_classes(folder(), 64).size(), folder().size());
}

TEST_F(ContactSheetTest, WritesAPictureOfAllPictures) {
  ASSERT_EQ(run({"--augmentation", "flip+noise", "--count", "3", "--versions", "2"}), 0) << last_error();
  const auto sheet = imaging::read_png(path() / "sheet.png");
  ASSERT_TRUE(sheet) << sheet.error().text();
  EXPECT_EQ(sheet->width, 8 + 3 * (256 + 8));
  EXPECT_GT(sheet->height, 3U * 256);
  // The first picture is the first slice, eight times as large.
  const std::size_t first = spread_over_classes(folder(), 3)[0];
  EXPECT_EQ(sheet->values[(26 + 100) * sheet->width + 8 + 100], learn::to_bytes(folder().picture(first))[12 * 32 + 12]);
  EXPECT_THAT(terminal().messages, Contains(HasSubstr("mirrored left to right with a chance of 50 %")));
}

TEST_F(ContactSheetTest, RefusesWhatItCannotShow) {
  EXPECT_EQ(run({"--augmentation", "flop"}), 1);
  EXPECT_THAT(last_error(), HasSubstr("did you mean 'flip'?"));
  EXPECT_EQ(run({"--augmentation", "flip", "--count", "0"}), 1);
  EXPECT_EQ(run({"--augmentation", "flip", "--versions", "17"}), 1);
  EXPECT_THAT(last_error(), HasSubstr("--versions must be from 1 to 16"));
  EXPECT_FALSE(std::filesystem::exists(path() / "sheet.png"));
}

}  // namespace
}  // namespace alveus::lab
