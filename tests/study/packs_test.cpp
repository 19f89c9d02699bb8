// SPDX-License-Identifier: Apache-2.0
#include "study/packs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace alveus::study {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kAll = 1'000'000;

/// A variant called `name` on a fold, and what it takes.
PackCandidate candidate(const std::string& name, MemoryNeed need, int fold = 0) {
  PackCandidate made{.variant = make_variant({}, fold, SeedInId::kNo), .need = std::move(need)};
  made.variant.id = name;
  return made;
}

std::vector<std::string> names_of(const std::vector<Pack>& packs) {
  std::vector<std::string> names;
  for (const Pack& pack : packs) {
    std::string text;
    for (const Variant& variant : pack.variants) text += variant.id;
    names.push_back(text);
  }
  return names;
}

TEST(PacksTest, AreFilledWithTheLargestFirst) {
  const std::vector<PackCandidate> candidates = {candidate("a", {.kept_bytes = 3}), candidate("b", {.kept_bytes = 7}),
                                                 candidate("c", {.kept_bytes = 5}), candidate("d", {.kept_bytes = 4}),
                                                 candidate("e", {.kept_bytes = 1})};
  const auto packs = pack_variants(candidates, {.variants_max = 9, .memory_bytes_max = 10});
  EXPECT_THAT(names_of(packs), ElementsAre("ab", "cde"));
  EXPECT_EQ(packs[0].memory_bytes, 10);
  EXPECT_EQ(packs[1].memory_bytes, 10);
}

TEST(PacksTest, DoNotDependOnTheOrderOfTheCandidates) {
  std::vector<PackCandidate> candidates;
  for (int i = 0; i < 9; ++i)
    candidates.push_back(candidate(std::string(1, static_cast<char>('a' + i)), {.kept_bytes = 1 + i % 4}));
  const PackLimits limits = {.variants_max = 4, .memory_bytes_max = 8};
  const auto names = names_of(pack_variants(candidates, limits));
  std::ranges::reverse(candidates);
  EXPECT_EQ(names_of(pack_variants(candidates, limits)), names);
}

TEST(PacksTest, HoldNoMoreVariantsThanAsked) {
  const std::vector<PackCandidate> candidates = {candidate("a", {}), candidate("b", {}), candidate("c", {})};
  EXPECT_THAT(names_of(pack_variants(candidates, {.variants_max = 2, .memory_bytes_max = kAll})),
              ElementsAre("ab", "c"));
  EXPECT_THAT(names_of(pack_variants(candidates, {.variants_max = 1, .memory_bytes_max = kAll})),
              ElementsAre("a", "b", "c"));
}

TEST(PacksTest, HoldVariantsThatShareTheirBatchesAlone) {
  const std::vector<PackCandidate> candidates = {candidate("a", {}, 0), candidate("b", {}, 1), candidate("c", {}, 0),
                                                 candidate("d", {}, 1)};
  EXPECT_THAT(names_of(pack_variants(candidates, {.variants_max = 9, .memory_bytes_max = kAll})),
              ElementsAre("ac", "bd"));
}

TEST(PacksTest, GiveOneThatIsTooLargeItsOwn) {
  const std::vector<PackCandidate> candidates = {candidate("a", {.kept_bytes = 99}), candidate("b", {.kept_bytes = 1})};
  EXPECT_THAT(names_of(pack_variants(candidates, {.variants_max = 9, .memory_bytes_max = 10})), ElementsAre("a", "b"));
}

TEST(PacksTest, GiveOneOfUnknownNeedItsOwn) {
  std::vector<PackCandidate> candidates = {candidate("a", {}), candidate("b", {}), candidate("c", {})};
  candidates[1].need = std::nullopt;
  const auto packs = pack_variants(candidates, {.variants_max = 9, .memory_bytes_max = kAll});
  EXPECT_THAT(names_of(packs), ElementsAre("ac", "b"));
  EXPECT_TRUE(packs[0].memory_bytes);
  EXPECT_FALSE(packs[1].memory_bytes);
}

TEST(PacksTest, CountTheStepsThatAreInMemoryAtATime) {
  const std::vector<MemoryNeed> needs = {{.kept_bytes = 1, .step_bytes = 20, .shape = "x"},
                                         {.kept_bytes = 2, .step_bytes = 30, .shape = "x"},
                                         {.kept_bytes = 4, .step_bytes = 50, .shape = "y"}};
  EXPECT_EQ(memory_bytes(needs, PackSteps::kSideBySide), 7 + 20 + 30 + 50);
  EXPECT_EQ(memory_bytes(needs, PackSteps::kInTurn), 7 + 30 + 50) << "blocks of another shape stay";
}

TEST(PacksTest, KeepWeightsBestWeightsMomentsAndMeans) {
  TrainingSettings settings;
  EXPECT_EQ(kept_bytes(settings, 10), 4 * 10 * 5) << "AMSGrad has three moments";
  settings.optimizer = "adamw";
  EXPECT_EQ(kept_bytes(settings, 10), 4 * 10 * 4);
  settings.optimizer = "sgd";
  settings.averaging = "swa";
  EXPECT_EQ(kept_bytes(settings, 10), 4 * 10 * 4);
}

}  // namespace
}  // namespace alveus::study
