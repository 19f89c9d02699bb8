// SPDX-License-Identifier: Apache-2.0
#include "study/variant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::study {
namespace {

using testing::HasSubstr;

TEST(VariantTest, IsNamedAfterItsSettings) {
  const auto variant = make_variant({}, 3, SeedInId::kNo);
  const std::string settings =
      R"({"network":"resnet18","in_channels":1,"initialisation":"scratch","pretrain_epochs":20,)"
      R"("pretrain_learning_rate":0.001,"pretrain_batch_size":32,"learning_rate":0.001,"weight_decay":1e-04,)"
      R"("optimizer":"adam-amsgrad","momentum":0.9,"schedule":"step","step_size":10,"gamma":0.1,"warmup_epochs":0,)"
      R"("epochs":50,"patience":10,"batch_size":32,"batch_parts":1,"sampler":"shuffled","augmentation":"none",)"
      R"("loss":"cross-entropy-weighted","focal_gamma":2.0,"label_smoothing":0.0,"clip_norm":0.0,"averaging":"none",)"
      R"("ema_decay":0.999,"swa_start":0.75,"precision":"float32"})";
  EXPECT_EQ(variant.configuration,
            "resnet18-lr0.001-step10-wd1e-04-" + core::hash_text(core::HashKind::kSha256, settings).substr(0, 8));
  EXPECT_EQ(variant.id, variant.configuration + "-f3");
}

TEST(VariantTest, LeavesFoldAndSeedOutOfTheConfiguration) {
  TrainingSettings other;
  other.seed = 9;
  const auto variant = make_variant(other, 1, SeedInId::kYes);
  EXPECT_EQ(variant.configuration, make_variant({}, 0, SeedInId::kNo).configuration);
  EXPECT_EQ(variant.id, variant.configuration + "-f1-s9");
}

TEST(VariantTest, EverySettingChangesTheConfiguration) {
  TrainingSettings other;
  other.patience = 11;
  EXPECT_NE(make_variant(other, 0, SeedInId::kNo).configuration, make_variant({}, 0, SeedInId::kNo).configuration);
}

TEST(VariantTest, ReadsWhatItWrites) {
  TrainingSettings settings;
  settings.network = "densenet169";
  settings.learning_rate = 1e-5;
  settings.seed = 4;
  for (const auto seed_in_id : {SeedInId::kNo, SeedInId::kYes}) {
    const auto variant = make_variant(settings, 2, seed_in_id);
    const auto text = core::to_json(to_value(variant), core::JsonStyle::kIndented);
    EXPECT_EQ(*parse_variant(*core::parse_json(text)), variant);
  }
}

TrainingSettings started(const std::string& initialisation) {
  TrainingSettings settings;
  settings.initialisation = initialisation;
  return settings;
}

TEST(VariantTest, NamesThePretrainingItStartsFrom) {
  const auto variant = make_variant(started("moco"), 2, SeedInId::kNo);
  const auto value = to_value(variant);
  EXPECT_EQ(value.string_or("pretraining", ""), pretraining_of(variant.settings, 2)->id);
  EXPECT_THAT(value.string_or("pretraining", ""), testing::MatchesRegex("resnet18-moco-[0-9a-f]+-f2"));
  EXPECT_EQ(*parse_variant(value), variant);
  auto other = value;
  other.set("pretraining", "resnet18-moco-00000000-f1");
  EXPECT_THAT(parse_variant(other).error().message, HasSubstr("the variant's 'pretraining' is not that of"));
  EXPECT_EQ(to_value(make_variant({}, 2, SeedInId::kNo)).find("pretraining"), nullptr);
}

TEST(VariantTest, VariantsShareThePretrainingsOfOneNetworkMethodAndFold) {
  auto slower = started("simclr");
  slower.learning_rate = 1e-5;
  auto longer = started("simclr");
  longer.pretrain_epochs = 40;
  std::vector<Variant> variants;
  for (const auto& settings :
       {started("simclr"), slower, longer, started("rotation"), started("scratch"), started("imported")}) {
    for (const int fold : {0, 1}) variants.push_back(make_variant(settings, fold, SeedInId::kNo));
  }
  const auto pretrainings = pretrainings_of(variants);
  EXPECT_EQ(pretrainings.size(), 6U) << "two of simclr and one of rotation, on two folds";
  EXPECT_TRUE(std::ranges::is_sorted(pretrainings, {}, &Pretraining::id));
}

TEST(VariantTest, TakesAWholeLearningRate) {
  TrainingSettings settings;
  settings.learning_rate = 1;
  const auto variant = make_variant(settings, 0, SeedInId::kNo);
  auto value = to_value(variant);
  value.set("learning_rate", 1);  // as another program may write it
  EXPECT_EQ(*parse_variant(value), variant);
}

struct Change {
  std::string name;
  std::string member;
  core::Value value;
  std::string part;
};

class ChangedVariantTest : public testing::TestWithParam<Change> {};

TEST_P(ChangedVariantTest, IsRefused) {
  auto value = to_value(make_variant({}, 0, SeedInId::kNo));
  value.set(GetParam().member, GetParam().value);
  const auto variant = parse_variant(value);
  ASSERT_FALSE(variant.has_value());
  EXPECT_THAT(variant.error().message, HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(Members, ChangedVariantTest,
                         testing::Values(Change{"Edited", "epochs", 49, "but its settings and fold are those of"},
                                         Change{"OtherFold", "fold", 1, "but its settings and fold are those of"},
                                         Change{"OtherName", "id", "mine", "the variant is called 'mine'"},
                                         Change{"Version", "format_version", 1, "format version 1"},
                                         Change{"Colour", "in_channels", 3, "must be 1"},
                                         Change{"Network", "network", "resnet17", "did you mean"},
                                         Change{"NegativeFold", "fold", -1, "'fold' must be a whole number"}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(VariantTest, NeedsEverySetting) {
  auto value = to_value(make_variant({}, 0, SeedInId::kNo));
  value.mutable_object().erase("gamma");
  EXPECT_THAT(parse_variant(value).error().message, HasSubstr("has no 'gamma'"));
  EXPECT_THAT(parse_variant(core::Array{}).error().message, HasSubstr("one JSON object"));
}

TEST(VariantTest, OfScansHasSettingsOfItsOwn) {
  TrainingSettings settings;
  settings.network = "r3d_18";
  settings.depth = 16;
  const auto variant = make_variant(settings, 0, SeedInId::kNo);
  const auto value = to_value(variant);
  EXPECT_EQ(*parse_variant(value), variant);
  EXPECT_EQ(value.find("depth")->as_integer(), 16);
  EXPECT_EQ(value.find("scan_batch_size")->as_integer(), 4);
  EXPECT_EQ(value.find("batch_size"), nullptr);
  EXPECT_EQ(value.find("pretrain_epochs"), nullptr);
  EXPECT_EQ(to_value(make_variant({}, 0, SeedInId::kNo)).find("depth"), nullptr);
  settings.network = "decovnet";
  EXPECT_EQ(to_value(make_variant(settings, 0, SeedInId::kNo)).find("in_channels")->as_integer(), 2)
      << "the scan and its lung mask";
}

TEST(VariantTest, RefusesSettingsThatDoNotGoTogether) {
  TrainingSettings settings;
  settings.batch_parts = 64;
  EXPECT_THAT(parse_variant(to_value(make_variant(settings, 0, SeedInId::kNo))).error().message,
              HasSubstr("'batch_parts' is 64, more than the 32 slices"));
}

TEST(VariantsTableTest, HasARowForEachAndAColumnForEachSetting) {
  const std::vector<Variant> variants = {make_variant({}, 0, SeedInId::kNo), make_variant({}, 1, SeedInId::kNo)};
  const auto table = core::CsvTable::parse("variants.csv", variants_csv(variants));
  ASSERT_TRUE(table);
  ASSERT_EQ(table->row_count(), 2U);
  EXPECT_EQ(table->cell(1, "fold"), "1");
  for (const Setting& setting : all_settings()) {
    const std::string expected = counts_for(setting, "resnet18") ? setting_text(value_of({}, setting)) : "";
    EXPECT_EQ(table->cell(1, setting.name), expected) << setting.name;
  }
}

}  // namespace
}  // namespace alveus::study
