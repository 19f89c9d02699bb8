// SPDX-License-Identifier: Apache-2.0
#include "study/study_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace alveus::study {
namespace {

using testing::HasSubstr;

struct PresetSize {
  std::string name;
  std::size_t configurations;
};

class PresetTest : public testing::TestWithParam<PresetSize> {};

TEST_P(PresetTest, HasTheNumberOfVariantsItSays) {
  const auto plan = preset_plan(GetParam().name);
  ASSERT_TRUE(plan.has_value());
  const auto variants = expand(*plan, 5);
  ASSERT_TRUE(variants.has_value());
  EXPECT_EQ(variants->size(), 5 * GetParam().configurations);
  EXPECT_EQ(variants->size(), variant_count(*plan, 5));
  std::set<std::string> ids;
  std::set<std::string> configurations;
  for (const auto& variant : *variants) {
    ids.insert(variant.id);
    configurations.insert(variant.configuration);
  }
  EXPECT_EQ(ids.size(), variants->size());
  EXPECT_EQ(configurations.size(), GetParam().configurations);
  EXPECT_TRUE(std::ranges::is_sorted(*variants, {}, &Variant::id));
}

INSTANTIATE_TEST_SUITE_P(Counts, PresetTest,
                         testing::Values(PresetSize{"quick", 3}, PresetSize{"claire-60", 12},
                                         PresetSize{"claire-108x5", 108}, PresetSize{"claire-990", 198}),
                         [](const auto& parameter) {
                           auto name = parameter.param.name;
                           std::erase(name, '-');
                           return name;
                         });

TEST(PresetsTest, AreAllKnownByName) {
  for (const auto& preset : presets()) EXPECT_TRUE(preset_plan(preset.name).has_value()) << preset.name;
  EXPECT_THAT(preset_plan("claire-66").error().message, HasSubstr("did you mean 'claire-60'?"));
  EXPECT_THAT(preset_plan("everything").error().message, HasSubstr("'quick' 'claire-60'"));
}

TEST(PresetsTest, Train50EpochsLikeThePublishedOnes) {
  const auto variants = expand(*preset_plan("claire-108x5"), 1);
  for (const auto& variant : *variants) {
    EXPECT_EQ(variant.settings.epochs, 50);
    EXPECT_EQ(variant.settings.gamma, 0.1);
    EXPECT_TRUE(variant.settings.network.starts_with("densenet"));
  }
}

TEST(PlanTest, CombinesValuesAndLists) {
  const auto plan = parse_plan(
      "study.json", R"({"network": ["resnet18", "vgg11_bn"], "epochs": 3, "learning_rate": [0.001, 1e-4, 1]})");
  ASSERT_TRUE(plan.has_value());
  const auto variants = expand(*plan, 2);
  ASSERT_EQ(variants->size(), 12U);
  EXPECT_EQ((*variants)[0].settings.epochs, 3);
  EXPECT_EQ((*variants)[0].settings.batch_size, TrainingSettings{}.batch_size);
}

TEST(PlanTest, DoesNotDependOnTheOrderOfItsMembers) {
  const auto one = parse_plan("a", R"({"epochs": [3, 4], "network": ["resnet18", "vgg11"]})");
  const auto other = parse_plan("b", R"({"network": ["vgg11", "resnet18"], "epochs": [4, 3]})");
  EXPECT_EQ(*expand(*one, 2), *expand(*other, 2));
}

TEST(PlanTest, NamesTheSeedWhereThereAreSeveral) {
  const auto one = expand(*parse_plan("a", R"({"seed": 7})"), 1);
  EXPECT_THAT((*one)[0].id, testing::EndsWith("-f0"));
  const auto two = expand(*parse_plan("a", R"({"seed": [7, 8]})"), 1);
  EXPECT_THAT((*two)[0].id, testing::EndsWith("-f0-s7"));
  EXPECT_EQ((*two)[0].configuration, (*two)[1].configuration);
}

TEST(PlanTest, TrainsEachGridOfAList) {
  const auto plan = parse_plan(
      "a", R"([{"network": "vgg11", "epochs": 3}, {"network": ["resnet18", "resnet34"], "epochs": [3, 4]}])");
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(variant_count(*plan, 2), 10U);
  EXPECT_EQ(expand(*plan, 2)->size(), 10U);
}

TEST(PlanTest, SetsAnAxisInEveryGrid) {
  auto plan = *parse_plan("a", R"([{"network": "vgg11"}, {"network": "resnet18", "epochs": [3, 4]}])");
  ASSERT_TRUE(set_axis(plan, "epochs", {7}).has_value());
  const auto variants = *expand(plan, 1);
  EXPECT_THAT(variants, testing::SizeIs(2));
  EXPECT_THAT(variants, testing::Each(testing::ResultOf([](const Variant& v) { return v.settings.epochs; }, 7)));
}

TEST(PlanTest, NamesTheSeedWhereTheGridsDifferInIt) {
  const auto variants = *expand(*parse_plan("a", R"([{"epochs": 3}, {"epochs": 3, "seed": 2}])"), 1);
  EXPECT_THAT(variants[0].id, testing::EndsWith("-f0-s1"));
}

TEST(PlanTest, RefusesAVariantThatStandsInTwoGrids) {
  const auto plan = parse_plan("a", R"([{"network": "vgg11"}, {"network": ["vgg11", "vgg13"]}])");
  EXPECT_THAT(expand(*plan, 1).error().message, HasSubstr("in two of its grids"));
}

struct BadPlan {
  std::string name;
  std::string text;
  std::string part;
};

class BadPlanTest : public testing::TestWithParam<BadPlan> {};

TEST_P(BadPlanTest, NamesFileAndCause) {
  const auto plan = parse_plan("study.json", GetParam().text);
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().where, testing::StartsWith("study.json"));
  EXPECT_THAT(plan.error().message, HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(Texts, BadPlanTest,
                         testing::Values(BadPlan{"Misspelt", R"({"netwrok": "resnet18"})", "did you mean 'network'?"},
                                         BadPlan{"Value", R"({"network": ["resnet18", "resnet19"]})",
                                                 "'network' has no value 'resnet19'"},
                                         BadPlan{"Twice", R"({"learning_rate": [0.1, 0.10]})", "lists 0.1 twice"},
                                         BadPlan{"WholeAndReal", R"({"learning_rate": [1, 1.0]})", "lists 1 twice"},
                                         BadPlan{"NoValues", R"({"epochs": []})", "'epochs' has no values"},
                                         BadPlan{"Empty", "{}", "one JSON object of settings"},
                                         BadPlan{"List", "[]", "one JSON object of settings"},
                                         BadPlan{"ListOfOther", R"([{"epochs": 3}, 4])", "or a list of them"},
                                         BadPlan{"NoJson", "{\"epochs\": }", "no JSON"}),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(PlanTest, ReplacesAnAxis) {
  auto plan = *preset_plan("quick");
  ASSERT_TRUE(set_axis(plan, "epochs", {2}).has_value());
  ASSERT_TRUE(set_axis(plan, "network", {"resnet34"}).has_value());
  const auto variants = expand(plan, 3);
  ASSERT_EQ(variants->size(), 3U);
  EXPECT_EQ((*variants)[0].settings.epochs, 2);
  EXPECT_EQ((*variants)[0].settings.network, "resnet34");
}

TEST(PlanTest, DoesNotMultiplyNetworksByWhatDoesNotCountForThem) {
  const auto plan =
      parse_plan("study.json", R"({"network": ["resnet18", "r3d_18"], "depth": [16, 32], "batch_size": [8, 16, 32]})");
  const auto variants = expand(*plan, 1);
  ASSERT_TRUE(variants) << variants.error().text();
  std::multiset<std::string> found;
  for (const auto& variant : *variants) {
    const auto& settings = variant.settings;
    const bool is_scan = settings.network == "r3d_18";
    found.insert(settings.network + " " + std::to_string(is_scan ? settings.depth : settings.batch_size));
  }
  EXPECT_EQ(found, (std::multiset<std::string>{"r3d_18 16", "r3d_18 32", "resnet18 16", "resnet18 32", "resnet18 8"}));
}

TEST(PlanTest, SaysWhichSettingCountsForNoneOfItsNetworks) {
  const auto slices = parse_plan("study.json", R"({"network": "resnet18", "depth": 16})");
  EXPECT_THAT(check_counts(*slices, "depth").error().message,
              HasSubstr("'depth' counts for networks that look at scans, and the study names none with it"));
  const auto scans = parse_plan("study.json", R"({"network": ["r3d_18", "covnet"], "batch_size": 16})");
  EXPECT_THAT(check_counts(*scans, "batch_size").error().message, HasSubstr("use 'scan_batch_size'"));
  EXPECT_TRUE(check_counts(*scans, "epochs"));
  const auto both = parse_plan("study.json", R"({"network": ["r3d_18", "resnet18"], "batch_size": 16})");
  EXPECT_TRUE(check_counts(*both, "batch_size"));
}

TEST(PlanTest, RefusesToExplode) {
  StudyPlan plan;
  std::vector<core::Value> seeds;
  for (int seed = 0; seed < 400; ++seed) seeds.emplace_back(seed);
  ASSERT_TRUE(set_axis(plan, "seed", seeds).has_value());
  std::vector<core::Value> epochs(seeds.begin() + 1, seeds.end());
  ASSERT_TRUE(set_axis(plan, "epochs", epochs).has_value());
  EXPECT_THAT(expand(plan, 1).error().message, HasSubstr("more than 100000"));
}

}  // namespace
}  // namespace alveus::study
