// SPDX-License-Identifier: Apache-2.0
#include "study/pretraining.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::study {
namespace {

using ::testing::HasSubstr;

Pretraining usual() { return *named({.id = {}, .method = "moco", .network = "densenet121"}); }

TEST(PretrainingTest, TheNameTellsWhatDecidesTheWeights) {
  EXPECT_THAT(usual().id, ::testing::MatchesRegex("densenet121-moco-[0-9a-f]{8}-f0"));
  Pretraining other = usual();
  other.seed = 2;
  EXPECT_NE(named(other)->id, usual().id);
  other = usual();
  other.fold = 2;
  EXPECT_EQ(named(other)->id.substr(0, 25), usual().id.substr(0, 25)) << "folds differ in the last part alone";
  EXPECT_TRUE(named(other)->id.ends_with("-f2"));
}

TEST(PretrainingTest, ReadsWhatItWrote) {
  const auto again = parse_pretraining(*core::parse_json(core::to_json(to_value(usual()))));
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*again, usual());
}

TEST(PretrainingTest, RefusesAFileEditedByHand) {
  core::Value value = to_value(usual());
  auto members = value.as_object();
  members.set("epochs", 21);
  const auto edited = parse_pretraining(core::Value(members));
  ASSERT_FALSE(edited);
  EXPECT_THAT(edited.error().text(), HasSubstr("its settings and fold are those of"));
}

TEST(PretrainingTest, SuggestsTheLikelyMethod) {
  const auto wrong = named({.id = {}, .method = "simclear"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text(), HasSubstr("did you mean 'simclr'?"));
}

TEST(PretrainingTest, HoldsMembersToTheirLimits) {
  EXPECT_FALSE(named({.id = {}, .batch_size = 1}));
  EXPECT_FALSE(named({.id = {}, .epochs = 0}));
  EXPECT_FALSE(named({.id = {}, .network = "resnet19"}));
  EXPECT_FALSE(named({.id = {}, .fold = -1}));
}

TEST(PretrainingTest, TheTableHasARowEach) {
  EXPECT_EQ(pretrainings_csv(std::vector{usual()}), "id,fold,method,network,epochs,learning_rate,batch_size,seed\n" +
                                                        usual().id + ",0,moco,densenet121,20,0.001,32,1\n");
}

}  // namespace
}  // namespace alveus::study
