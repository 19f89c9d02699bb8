// SPDX-License-Identifier: Apache-2.0
#include "learn/batch_stream.hpp"

#include <gmock/gmock.h>

#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

const study::Augmentation kAll =
    *study::parse_augmentation("flip+flip-vertical+affine+elastic+blur+window+intensity+noise+cutout+mixup+cutmix");

class BatchStreamTest : public ::testing::Test {
 protected:
  BatchStreamTest() : directory_(std::move(*sys::TemporaryDirectory::make("batches"))) {
    const testing::LesionFolder folder{.path = directory_.path() / "t", .patients = 10, .side = 8};
    folder.write();
    folder_ = std::move(*TensorFolder::open(folder.path));
    for (std::size_t i = 0; i < folder_->size(); ++i) {
      examples_.push_back({.index = i, .target = folder_->samples()[i].target, .quarter_turns = 0});
    }
  }

  /// The pictures of a whole epoch one after the other.
  std::vector<float> pixels(std::size_t batch_size, const StreamOptions& options) const {
    std::vector<float> all;
    BatchStream stream(*folder_, cut_evenly(examples_, batch_size), options);
    while (const auto batch = stream.next()) all.insert(all.end(), batch->pixels.begin(), batch->pixels.end());
    return all;
  }

  const TensorFolder& folder() const { return *folder_; }
  std::uint8_t byte_of(std::size_t sample, std::size_t pixel) const {
    return std::get<StoredPicture::Bytes>(folder_->picture(sample).pixels())[pixel];
  }
  const std::vector<Example>& examples() const { return examples_; }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
  std::vector<Example> examples_;
};

std::vector<std::size_t> sizes(const BatchPlan& plan) {
  std::vector<std::size_t> all;
  for (const auto& batch : plan) all.push_back(batch.size());
  return all;
}

TEST(BatchPlanTest, CutsIntoBatchesOfNearlyEqualSize) {
  const std::vector<Example> examples(33);
  EXPECT_THAT(sizes(cut_evenly(examples, 32)), ::testing::ElementsAre(16, 17));
  EXPECT_THAT(sizes(cut_evenly(examples, 33)), ::testing::ElementsAre(33));
  EXPECT_THAT(sizes(cut_evenly(examples, 12)), ::testing::ElementsAre(11, 11, 11));
  EXPECT_THAT(sizes(cut_evenly({}, 12)), ::testing::IsEmpty());
}

TEST(BatchPlanTest, ShufflesByTheSeedAndTheEpoch) {
  std::vector<Example> examples(50);
  for (std::size_t i = 0; i < examples.size(); ++i) examples[i].index = i;
  const auto order = [&](std::uint64_t seed, std::uint64_t epoch) {
    std::vector<std::size_t> indices;
    for (const Example& example : shuffled(examples, seed, epoch)) indices.push_back(example.index);
    return indices;
  };
  EXPECT_EQ(order(1, 1), order(1, 1));
  EXPECT_NE(order(1, 1), order(1, 2));
  EXPECT_NE(order(1, 1), order(2, 1));
  auto sorted = order(1, 1);
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted.back(), 49U);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
}

TEST_F(BatchStreamTest, HandsBatchesOverInOrder) {
  BatchStream stream(folder(), cut_evenly(examples(), 3), {.thread_count = 4});
  std::size_t seen = 0;
  while (const auto batch = stream.next()) {
    for (std::size_t i = 0; i < batch->targets.size(); ++i, ++seen) {
      EXPECT_EQ(batch->targets[i], examples()[seen].target);
      EXPECT_FLOAT_EQ(batch->pixels[i * 64 + 9] * 255, byte_of(seen, 9));
    }
  }
  EXPECT_EQ(seen, examples().size());
  EXPECT_FALSE(stream.next());
}

TEST_F(BatchStreamTest, PicturesDependNeitherOnThreadsNorOnTheCut) {
  const StreamOptions options = {.augmentation = kAll, .seed = 5, .epoch = 2};
  StreamOptions many = options;
  many.thread_count = 5;
  const auto expected = pixels(4, options);
  EXPECT_EQ(pixels(4, many), expected);
  EXPECT_EQ(pixels(7, many), expected);
}

TEST_F(BatchStreamTest, PartnersDependNeitherOnThreadsNorOnTheCutNorOnTheOrder) {
  const auto partners = [&](const std::vector<Example>& order, std::size_t batch_size, std::size_t threads) {
    std::map<std::size_t, std::pair<double, std::int64_t>> all;
    BatchStream stream(folder(), cut_evenly(order, batch_size),
                       {.augmentation = kAll, .seed = 5, .epoch = 2, .thread_count = threads});
    while (const auto batch = stream.next()) {
      for (std::size_t i = 0; i < batch->samples.size(); ++i) {
        all[batch->samples[i]] = {batch->partners[i].share, batch->partners[i].target};
      }
    }
    return all;
  };
  const auto expected = partners(examples(), 4, 1);
  EXPECT_EQ(expected.size(), examples().size());
  EXPECT_EQ(partners(shuffled(examples(), 1, 1), 7, 3), expected);
}

TEST_F(BatchStreamTest, MixesAPictureWithThatOfItsPartner) {
  const study::Augmentation mixup = *study::parse_augmentation("mixup");
  BatchStream stream(folder(), cut_evenly(examples(), 50), {.augmentation = mixup, .seed = 5, .epoch = 2});
  const auto batch = stream.next();
  ASSERT_TRUE(batch);
  for (std::size_t i = 0; i < examples().size(); ++i) {
    const Mix mix = draw_mix(mixup, {.seed = 5, .epoch = 2, .sample_id = folder().samples()[i].sample_id},
                             {.height = 8, .width = 8}, examples().size());
    const double expected = (mix.share * byte_of(i, 9) + (1 - mix.share) * byte_of(mix.partner, 9)) / 255;
    EXPECT_NEAR(batch->pixels[i * 64 + 9], expected, 1e-6);
    EXPECT_EQ(batch->partners[i].share, mix.share);
    EXPECT_EQ(batch->partners[i].target, examples()[mix.partner].target);
  }
}

TEST_F(BatchStreamTest, PicturesChangeWithTheEpoch) {
  const auto flips = *study::parse_augmentation("flips-affine");
  const auto first = pixels(4, {.augmentation = flips, .seed = 5, .epoch = 1});
  EXPECT_NE(first, pixels(4, {.augmentation = flips, .seed = 5, .epoch = 2}));
  EXPECT_NE(first, pixels(4, {}));
  EXPECT_NE(first,
            pixels(4, {.augmentation = *study::parse_augmentation("flips-affine-intensity"), .seed = 5, .epoch = 1}));
}

TEST_F(BatchStreamTest, EndsWhenItsReaderLeavesEarly) {
  BatchStream stream(folder(), cut_evenly(examples(), 1), {.thread_count = 3});
  EXPECT_TRUE(stream.next());
}

}  // namespace
}  // namespace alveus::learn
