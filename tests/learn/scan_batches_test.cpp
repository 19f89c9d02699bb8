// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "learn/batch_stream.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "testing/lesion_folder.hpp"

// Batches whose examples are scans.
namespace alveus::learn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kSide = 16;
constexpr std::size_t kArea = kSide * kSide;

class ScanBatchesTest : public ::testing::Test {
 protected:
  ScanBatchesTest() : directory_(std::move(*sys::TemporaryDirectory::make("scans"))) {
    const testing::LesionFolder files{.path = directory_.path() / "t", .patients = 6, .slices = 5, .side = kSide};
    files.write();
    folder_ = std::move(*TensorFolder::open(files.path));
    for (std::size_t i = 0; i < folder_->scans()->size(); ++i) examples_.push_back({.index = i, .target = 0});
  }

  const TensorFolder& folder() const { return *folder_; }
  std::vector<Batch> batches(std::size_t batch_size, const StreamOptions& options) const {
    std::vector<Batch> all;
    BatchStream stream(*folder_, cut_evenly(examples_, batch_size), options);
    while (auto batch = stream.next()) all.push_back(std::move(*batch));
    return all;
  }
  std::vector<float> picture(std::size_t slice) const {
    std::vector<float> values(kArea);
    to_unit_range(folder_->picture(slice), values);
    return values;
  }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
  std::vector<Example> examples_;
};

std::vector<float> plane(const Batch& batch, std::size_t number) {
  const auto begin = batch.pixels.begin() + static_cast<std::ptrdiff_t>(number * kArea);
  return {begin, begin + kArea};
}

constexpr ScanForm kVolumeOfThree = {.kind = InputKind::kVolumes, .depth = 3};
constexpr ScanForm kBags = {.kind = InputKind::kBags, .depth = 8};

TEST_F(ScanBatchesTest, AVolumeHasItsDepthOfSlicesChosenEvenly) {
  const auto all = batches(2, {.form = kVolumeOfThree});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_THAT(all[0].slice_counts, ElementsAre(3, 3));
  EXPECT_EQ(all[0].pixels.size(), 6 * kArea);
  // Five slices: those at 0, 2 and 4.
  EXPECT_EQ(plane(all[0], 0), picture(0));
  EXPECT_EQ(plane(all[0], 1), picture(2));
  EXPECT_EQ(plane(all[0], 2), picture(4));
  EXPECT_EQ(plane(all[0], 3), picture(5)) << "the first of the next scan";
}

TEST_F(ScanBatchesTest, ABagHasEverySliceUpToItsMost) {
  const auto all = batches(3, {.form = kBags});
  EXPECT_THAT(all[0].slice_counts, ElementsAre(5, 5, 4));
  EXPECT_EQ(plane(all[0], 4), picture(4));
  const auto few = batches(3, {.form = ScanForm{.kind = InputKind::kBags, .depth = 2}});
  EXPECT_THAT(few[0].slice_counts, ElementsAre(2, 2, 2));
}

TEST_F(ScanBatchesTest, NothingStandsBehindTheSlicesOfASmallBag) {
  const auto network = std::move(*Network::make({.name = "attention_mil"}, Device::kCpu));
  auto all = batches(3, {.form = kBags});
  const at::Tensor bags = picture_tensor(all[0], folder(), network);
  EXPECT_EQ(bags.sizes(), at::IntArrayRef({3, 5, 1, kSide, kSide}));
  EXPECT_EQ(bags[2][4].abs().max().item<float>(), 0);
  EXPECT_GT(bags[2][3].abs().max().item<float>(), 0);
}

TEST_F(ScanBatchesTest, TheSlicesOfAScanAreChangedAlike) {
  const auto augmentation = *study::parse_augmentation("flip+affine+elastic+blur+window+intensity+cutout");
  const auto all = batches(6, {.augmentation = augmentation, .seed = 3, .epoch = 2, .form = kVolumeOfThree});
  PictureMaker maker({.height = kSide, .width = kSide});
  std::vector<float> expected(kArea);
  for (std::size_t scan = 0; scan < 6; ++scan) {
    const auto change = draw_change(
        augmentation, {.seed = 3, .epoch = 2, .sample_id = (*folder().scans())[scan].scan_id}, {kSide, kSide});
    const auto slices = ExampleSource::make(folder(), kVolumeOfThree)->slices(scan);
    for (std::size_t i = 0; i < 3; ++i) {
      maker.make(folder().picture(slices[i]), change, expected);
      EXPECT_EQ(plane(all[0], 3 * scan + i), expected) << scan << " " << i;
    }
  }
}

TEST_F(ScanBatchesTest, NoiseFallsOnEachSliceAnew) {
  const auto noise = *study::parse_augmentation("noise:0.1");
  // One slice three times over.
  const ScanForm repeated = {.kind = InputKind::kVolumes, .depth = 15};
  const auto all = batches(6, {.augmentation = noise, .seed = 3, .epoch = 2, .form = repeated});
  EXPECT_EQ(plane(batches(6, {.form = repeated})[0], 0), plane(batches(6, {.form = repeated})[0], 1));
  EXPECT_NE(plane(all[0], 0), plane(all[0], 1));
}

TEST_F(ScanBatchesTest, DependNeitherOnThreadsNorOnTheCut) {
  const StreamOptions options = {.augmentation = *study::parse_augmentation("flips-affine-window-noise"),
                                 .seed = 3,
                                 .epoch = 2,
                                 .form = kVolumeOfThree};
  const auto pixels = [&](std::size_t batch_size, std::size_t threads) {
    StreamOptions with_threads = options;
    with_threads.thread_count = threads;
    std::vector<float> values;
    for (const Batch& batch : batches(batch_size, with_threads)) {
      values.insert(values.end(), batch.pixels.begin(), batch.pixels.end());
    }
    return values;
  };
  EXPECT_EQ(pixels(4, 3), pixels(1, 1));
}

TEST_F(ScanBatchesTest, TheLungMaskMovesWithItsScan) {
  const auto network = std::move(*Network::make({.name = "decovnet", .in_channels = 2}, Device::kCpu));
  const ScanForm with_lung = {.kind = InputKind::kVolumes, .depth = 3, .has_lung = true};
  auto plain = batches(6, {.form = with_lung});
  const at::Tensor volumes = picture_tensor(plain[0], folder(), network);
  ASSERT_EQ(volumes.sizes(), at::IntArrayRef({6, 2, 3, kSide, kSide}));
  for (std::size_t i = 0; i < kArea; ++i) {
    const auto place = static_cast<std::int64_t>(i);
    EXPECT_EQ(volumes[0][1][1].reshape(-1)[place].item<float>(), static_cast<float>((*folder().lung(2))[i]));
  }
  const auto flip = *study::parse_augmentation("flip:1+noise");
  auto mirrored = batches(6, {.augmentation = flip, .seed = 1, .epoch = 1, .form = with_lung});
  const at::Tensor changed = picture_tensor(mirrored[0], folder(), network);
  EXPECT_TRUE(at::equal(changed.select(1, 1), volumes.select(1, 1).flip({-1}))) << "no noise on the mask";
}

class ScanDeviceTest : public ScanBatchesTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(ScanDeviceTest, ABatchMadeOnTheDeviceIsThatOfTheThreads) {
  const auto network =
      std::move(*Network::make({.name = GetParam(), .in_channels = GetParam() == "decovnet" ? 2 : 1}, Device::kCpu));
  const ScanForm form = {
      .kind = network.description().input, .depth = 4, .has_lung = network.options().in_channels == 2};
  StreamOptions options = {
      .augmentation = *study::parse_augmentation("flips-affine-window-noise"), .seed = 4, .epoch = 3, .form = form};
  auto in_threads = batches(6, options);
  options.making = Making::kOnDevice;
  auto on_device = batches(6, options);
  EXPECT_TRUE(on_device[0].pixels.empty());
  const at::Tensor expected = picture_tensor(in_threads[0], folder(), network);
  const at::Tensor made = picture_tensor(on_device[0], folder(), network);
  ASSERT_EQ(made.sizes(), expected.sizes());
  EXPECT_LT((made - expected).abs().max().item<float>(), 5e-5);
}

INSTANTIATE_TEST_SUITE_P(Networks, ScanDeviceTest, ::testing::Values("r3d_18", "decovnet", "covnet"));

TEST(ExampleSourceTest, SaysWhyAFolderHasNoScans) {
  const auto directory = std::move(*sys::TemporaryDirectory::make("no-scans"));
  const testing::LesionFolder files{
      .path = directory.path() / "t", .patients = 4, .side = 8, .has_masks = false, .has_series = false};
  files.write();
  const auto folder = std::move(*TensorFolder::open(files.path));
  EXPECT_TRUE(ExampleSource::make(folder, std::nullopt)) << "slices need no series";
  const auto source = ExampleSource::make(folder, kVolumeOfThree);
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().text(), HasSubstr("samples.csv"));
  EXPECT_THAT(source.error().text(), HasSubstr("has no series_id"));
}

TEST(ExampleSourceTest, SaysThatThereAreNoLungMasks) {
  const auto directory = std::move(*sys::TemporaryDirectory::make("no-lungs"));
  const testing::LesionFolder files{.path = directory.path() / "t", .patients = 4, .side = 8, .has_masks = false};
  files.write();
  const auto folder = std::move(*TensorFolder::open(files.path));
  const auto source = ExampleSource::make(folder, ScanForm{.depth = 3, .has_lung = true});
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().text(), HasSubstr("has no lung masks"));
}

}  // namespace
}  // namespace alveus::learn
