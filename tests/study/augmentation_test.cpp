// SPDX-License-Identifier: Apache-2.0
#include "study/augmentation.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "study/study_plan.hpp"
#include "study/variant.hpp"
#include "sys/file.hpp"

namespace alveus::study {
namespace {

using Kind = AugmentationKind;

std::string canonical(std::string_view text) {
  const auto augmentation = parse_augmentation(text);
  return augmentation ? augmentation_text(*augmentation) : augmentation.error().message;
}

TEST(AugmentationTest, HasOneTextForEqualChanges) {
  EXPECT_EQ(canonical("none"), "none");
  EXPECT_EQ(canonical("flip:0"), "none");
  EXPECT_EQ(canonical("affine+flip"), "flips-affine");
  EXPECT_EQ(canonical("flip:0.50+affine:1.0"), "flips-affine");
  EXPECT_EQ(canonical("noise+flip+cutout+elastic:0.02"), "flip+elastic:0.02+noise+cutout");
  EXPECT_EQ(canonical("mixup:4e-1+flips-affine"), "flip+affine+mixup");
  EXPECT_EQ(canonical("flips-affine-intensity+mixup+cutmix"), "flips-affine-intensity-mixup-cutmix");
}

TEST(AugmentationTest, EveryTextReadsBackAsItself) {
  for (const auto& preset : augmentation_presets()) {
    EXPECT_EQ(canonical(preset.name), preset.name);
    EXPECT_EQ(canonical(preset.parts), preset.name);
  }
  std::size_t place = 0;
  for (const auto& name : augmentation_names()) {
    EXPECT_EQ(static_cast<std::size_t>(name.kind), place++) << name.name;
    EXPECT_EQ(canonical(name.name), name.name);
    const auto strongest = canonical(std::string(name.name) + ":" + std::to_string(name.most));
    EXPECT_EQ(canonical(strongest), strongest);
    EXPECT_EQ(parse_augmentation(strongest)->strength(name.kind), name.most) << strongest;
  }
}

TEST(AugmentationTest, ReadsTheFuzzersCorpus) {
  std::size_t read = 0;
  for (const auto& file : std::filesystem::directory_iterator(ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/augmentation")) {
    const std::string text = *sys::read_file(file.path());
    const auto augmentation = parse_augmentation(text);
    const bool is_bad = file.path().filename() == "holes" || file.path().filename() == "misspelt";
    EXPECT_EQ(augmentation.has_value(), !is_bad) << file.path();
    ++read;
    if (!augmentation) continue;
    EXPECT_EQ(*parse_augmentation(augmentation_text(*augmentation)), *augmentation) << text;
  }
  EXPECT_GE(read, 6U);
}

TEST(AugmentationTest, HoldsTheStrengths) {
  const auto augmentation = *parse_augmentation("flip:0.25+cutmix");
  EXPECT_EQ(augmentation.strength(Kind::kFlip), 0.25);
  EXPECT_EQ(augmentation.strength(Kind::kCutmix), 1);
  EXPECT_FALSE(augmentation.has(Kind::kMixup));
  EXPECT_TRUE(augmentation.mixes());
  EXPECT_FALSE(parse_augmentation("flips-affine")->mixes());
}

struct Refused {
  std::string name;
  std::string text;
  std::string part;
};

class RefusedAugmentationTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedAugmentationTest, SaysWhatIsWrong) {
  const auto augmentation = parse_augmentation(GetParam().text);
  ASSERT_FALSE(augmentation);
  EXPECT_EQ(augmentation.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_THAT(augmentation.error().message, testing::HasSubstr("'" + GetParam().text + "'"));
  EXPECT_THAT(augmentation.error().message, testing::HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, RefusedAugmentationTest,
    testing::Values(Refused{"Misspelt", "flip+elastik", "did you mean 'elastic'?"},
                    Refused{"Unknown", "sharpen", "there are none, flip, flip-vertical, affine"},
                    Refused{"Empty", "", "a name is missing"}, Refused{"Hole", "flip++noise", "a name is missing"},
                    Refused{"Twice", "flip+flips-affine", "'flip' is named twice"},
                    Refused{"NoneAndMore", "none+flip", "'none' stands alone"},
                    Refused{"PresetStrength", "flips-affine:2", "takes no strength"},
                    Refused{"TooStrong", "elastic:0.2", "0 to 0.1 (largest displacement"},
                    Refused{"TooWeak", "mixup:1e-9", "0, or from 0.01 to 8"},
                    Refused{"Negative", "noise:-0.1", "not '-0.1'"}, Refused{"NoNumber", "noise:much", "not 'much'"},
                    Refused{"NoStrength", "noise:", "not ''"}, Refused{"Infinite", "noise:inf", "not 'inf'"},
                    Refused{"NaN", "noise:nan", "not 'nan'"}, Refused{"Rest", "noise:0.1x", "not '0.1x'"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(AugmentationTest, IsToldInWords) {
  EXPECT_EQ(describe_augmentation({}), "none");
  EXPECT_EQ(describe_augmentation(*parse_augmentation("flips-affine")),
            "mirrored left to right with a chance of 50 %; turned by up to 10 degrees, scaled by 0.9 to 1.1, moved by "
            "up to 5 % of each side");
  EXPECT_THAT(describe_augmentation(*parse_augmentation("intensity:2")),
              testing::AllOf(testing::HasSubstr("0.444 to 2.25"), testing::HasSubstr("0.5 to 1.5")));
  for (const auto& name : augmentation_names()) {
    Augmentation augmentation;
    augmentation.set(name.kind, name.usual);
    EXPECT_THAT(describe_augmentation(augmentation), testing::SizeIs(testing::Gt(20U))) << name.name;
  }
}

TEST(AugmentationSettingTest, EqualChangesAreOneVariantHoweverTheyAreWritten) {
  const auto id_of = [](const char* text) {
    StudyPlan plan;
    EXPECT_TRUE(set_axis(plan, "augmentation", {text}));
    return expand(plan, 1)->front().id;
  };
  EXPECT_EQ(id_of("affine+flip"), id_of("flips-affine"));
  EXPECT_EQ(id_of("noise+flip"), id_of("flip:0.5+noise:0.05"));
  EXPECT_NE(id_of("noise+flip"), id_of("flip+noise:0.1"));
}

TEST(AugmentationSettingTest, AnAxisListsEqualChangesOnce) {
  StudyPlan plan;
  const auto done = set_axis(plan, "augmentation", {"flips-affine", "affine+flip"});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, testing::HasSubstr("lists flips-affine twice"));
}

TEST(AugmentationSettingTest, AMisspeltNameIsRefusedWhereTheStudyIsRead) {
  const auto plan = parse_plan("study.json", R"({"augmentation": ["none", "flip+afine"]})");
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().text(), testing::AllOf(testing::HasSubstr("study.json"), testing::HasSubstr("'affine'?")));
}

}  // namespace
}  // namespace alveus::study
