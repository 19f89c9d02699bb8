// SPDX-License-Identifier: Apache-2.0
#include "study/training_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alveus::study {
namespace {

struct Refused {
  std::string name;
  std::string setting;
  core::Value value;
  std::string part;
};

class RefusedSettingTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedSettingTest, SaysWhatIsAllowedAndChangesNothing) {
  TrainingSettings settings;
  const auto done = assign(settings, **find_setting(GetParam().setting), GetParam().value);
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, testing::HasSubstr(GetParam().part));
  EXPECT_EQ(settings, TrainingSettings{});
}

INSTANTIATE_TEST_SUITE_P(Values, RefusedSettingTest,
                         testing::Values(Refused{"Misspelt", "network", "densenet12", "did you mean 'densenet121'?"},
                                         Refused{"Unknown", "network", "perceptron", "'vgg11_bn'"},
                                         Refused{"NoText", "network", 18, "takes a text, not 18"},
                                         Refused{"NoNumber", "learning_rate", "fast", "takes a number, not \"fast\""},
                                         Refused{"Zero", "learning_rate", 0.0, "greater than 0 and at most 1"},
                                         Refused{"TooLarge", "learning_rate", 3, "'learning_rate' is 3; it must be"},
                                         Refused{"Negative", "weight_decay", -0.1, "at least 0 and at most 1"},
                                         Refused{"Fraction", "epochs", 2.5, "takes a whole number, not 2.5"},
                                         Refused{"NoEpochs", "epochs", 0, "at least 1"}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(TrainingSettingsTest, EverySettingTakesItsOwnDefault) {
  for (const auto& setting : all_settings()) {
    TrainingSettings settings;
    EXPECT_TRUE(assign(settings, setting, value_of(TrainingSettings{}, setting)).has_value()) << setting.name;
    EXPECT_EQ(settings, TrainingSettings{}) << setting.name;
    EXPECT_FALSE(setting.help.empty()) << setting.name;
  }
}

TEST(TrainingSettingsTest, ReadsValuesAsTyped) {
  EXPECT_EQ(*read_setting(**find_setting("learning_rate"), "1e-4"), core::Value(1e-4));
  EXPECT_EQ(*read_setting(**find_setting("learning_rate"), "1"), core::Value(1.0));
  EXPECT_EQ(*read_setting(**find_setting("epochs"), "12"), core::Value(12));
  EXPECT_EQ(*read_setting(**find_setting("network"), "vgg16"), core::Value("vgg16"));
  EXPECT_THAT(read_setting(**find_setting("epochs"), "1x").error().message, testing::HasSubstr("not '1x'"));
}

struct Clash {
  std::string name;
  std::vector<std::pair<std::string, core::Value>> values;
  std::string part;
};

class ClashingSettingsTest : public testing::TestWithParam<Clash> {};

TEST_P(ClashingSettingsTest, AreRefused) {
  TrainingSettings settings;
  for (const auto& [name, value] : GetParam().values) ASSERT_TRUE(assign(settings, **find_setting(name), value));
  const auto checked = check(settings);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, testing::HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, ClashingSettingsTest,
    testing::Values(Clash{"TwoRises", {{"schedule", "one-cycle"}, {"warmup_epochs", 1}}, "set 'warmup_epochs' to 0"},
                    Clash{"OnlyWarmUp", {{"warmup_epochs", 5}, {"epochs", 5}}, "'warmup_epochs' is 5 of 5 epochs"},
                    Clash{"Parts", {{"batch_parts", 33}}, "more than the 32 slices"},
                    Clash{"ScanParts", {{"network", "r3d_18"}, {"batch_parts", 5}}, "more than the 4 scans"},
                    Clash{"ScanMixes",
                          {{"network", "covnet"}, {"augmentation", "flip+mixup"}},
                          "mixes slices (mixup, cutmix), which would give a scan slices of two patients, and covnet"},
                    Clash{"ScanPretraining",
                          {{"network", "r3d_18"}, {"initialisation", "simclr"}},
                          "'simclr' are learned from slices, and r3d_18 looks at scans"},
                    Clash{"NoMean", {{"averaging", "swa"}, {"swa_start", 1.0}}, "no epoch to average"}),
    [](const auto& parameter) { return parameter.param.name; });

TEST(TrainingSettingsTest, TheDefaultsGoTogether) { EXPECT_TRUE(check(TrainingSettings{})); }

TEST(TrainingSettingsTest, SuggestsASetting) {
  EXPECT_THAT(find_setting("learnign_rate").error().message, testing::HasSubstr("did you mean 'learning_rate'?"));
  EXPECT_THAT(find_setting("colour").error().message, testing::HasSubstr("'batch_size'"));
}

TEST(TrainingSettingsTest, WritesNumbersShortly) {
  EXPECT_EQ(setting_text(0.025), "0.025");
  EXPECT_EQ(setting_text(1e-5), "1e-05");
  EXPECT_EQ(setting_text(15), "15");
  EXPECT_EQ(setting_text("none"), "none");
}

}  // namespace
}  // namespace alveus::study
