// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/augment_batch.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "core/random.hpp"
#include "learn/batch_stream.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

constexpr PictureShape kShape = {.height = 33, .width = 48};
constexpr std::int64_t kCount = 16;

at::Tensor bytes_of_noise() {
  core::Random random(1, "pictures");
  at::Tensor bytes = at::empty({kCount, 33, 48}, at::kByte);
  for (std::int64_t i = 0; i < bytes.numel(); ++i) {
    bytes.data_ptr<std::uint8_t>()[i] = static_cast<std::uint8_t>(random.below(256));
  }
  return bytes;
}

std::vector<PictureChange> changes_of(std::string_view text) {
  std::vector<PictureChange> changes;
  for (std::int64_t i = 0; i < kCount; ++i) {
    const std::string id = "s" + std::to_string(i);
    changes.push_back(draw_change(*study::parse_augmentation(text), {.seed = 1, .epoch = 2, .sample_id = id}, kShape));
  }
  return changes;
}

/// One picture after the other, as the loader's threads make them.
at::Tensor made_alone(const at::Tensor& bytes, std::span<const PictureChange> changes) {
  at::Tensor pictures = at::empty({kCount, 1, 33, 48}, at::kFloat);
  PictureMaker maker(kShape);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    maker.make(StoredPicture::Bytes(bytes.data_ptr<std::uint8_t>() + i * kShape.area(), kShape.area()), changes[i],
               {pictures.data_ptr<float>() + i * kShape.area(), kShape.area()});
  }
  return pictures;
}

double largest_difference(const at::Tensor& one, const at::Tensor& other) {
  return (one - other).abs().max().item<double>();
}

class AugmentKindTest : public ::testing::TestWithParam<std::string> {};

TEST_P(AugmentKindTest, MakesThePicturesOfTheThreads) {
  const at::Tensor bytes = bytes_of_noise();
  const auto changes = changes_of(GetParam());
  const at::Tensor together = change_pictures(bytes, changes);
  const at::Tensor alone = made_alone(bytes, changes);
  EXPECT_LT(largest_difference(together, alone), 5e-5);
  const bool changed = largest_difference(alone, bytes.unsqueeze(1).to(at::kFloat) / 255) > 0.01;
  EXPECT_EQ(changed, GetParam() != "none");
}

INSTANTIATE_TEST_SUITE_P(Kinds, AugmentKindTest,
                         ::testing::Values("none", "flip", "flip-vertical", "affine", "elastic", "blur", "blur:5",
                                           "window", "intensity", "noise", "cutout:0.5",
                                           "flip+flip-vertical+affine:3+elastic+blur+window+intensity+noise+cutout"));

TEST(AugmentBatchTest, PicturesDoNotDependOnTheirNeighbours) {
  const at::Tensor bytes = bytes_of_noise();
  const auto changes = changes_of("affine+elastic+blur:3+intensity+noise+cutout");
  const at::Tensor together = change_pictures(bytes, changes);
  const at::Tensor part = change_pictures(bytes.narrow(0, 3, 2), std::span(changes).subspan(3, 2));
  EXPECT_LT(largest_difference(together.narrow(0, 3, 2), part), 1e-6);
}

TEST(AugmentBatchTest, MixesAsTheThreadsDo) {
  const at::Tensor pictures = bytes_of_noise().unsqueeze(1).to(at::kFloat) / 255;
  std::vector<Mix> mixes;
  at::Tensor expected = pictures.narrow(0, 0, 8).clone();
  for (std::uint64_t i = 0; i < 8; ++i) {
    mixes.push_back(draw_mix(*study::parse_augmentation("mixup+cutmix"), {.seed = i, .epoch = 2, .sample_id = "a"},
                             kShape, kCount));
    mix_in({expected.data_ptr<float>() + i * kShape.area(), kShape.area()},
           {pictures.data_ptr<float>() + mixes[i].partner * kShape.area(), kShape.area()}, kShape, mixes[i].share,
           mixes[i].region);
  }
  EXPECT_LT(largest_difference(mix_pictures(pictures, mixes), expected), 1e-6);
}

TEST(AugmentBatchTest, ABatchMadeOnTheDeviceIsThatOfTheThreads) {
  auto directory = std::move(*sys::TemporaryDirectory::make("device"));
  const ::alveus::testing::LesionFolder files{.path = directory.path() / "t", .patients = 10, .side = 32};
  files.write();
  const auto folder = std::move(*TensorFolder::open(files.path));
  std::vector<Example> examples;
  for (std::size_t i = 0; i < folder.size(); ++i) {
    examples.push_back({.index = i, .target = folder.samples()[i].target, .quarter_turns = 0});
  }
  const auto network = std::move(*Network::make({.name = "resnet18"}, Device::kCpu));
  // Pictures with their targets as further channels.
  const auto pictures = [&](Making making, std::size_t batch_size) {
    std::vector<at::Tensor> all;
    BatchStream stream(folder, cut_evenly(examples, batch_size),
                       {.augmentation = *study::parse_augmentation("flips-affine-intensity-mixup-cutmix"),
                        .seed = 4,
                        .epoch = 3,
                        .making = making});
    while (auto batch = stream.next()) {
      EXPECT_EQ(batch->pixels.empty(), making == Making::kOnDevice);
      const at::Tensor targets = target_rows(*batch, 2).reshape({-1, 2, 1, 1}).expand({-1, -1, 32, 32});
      all.push_back(at::cat({picture_tensor(*batch, folder, network), targets}, 1));
    }
    return at::cat(all);
  };
  const at::Tensor in_threads = pictures(Making::kInThreads, 7);
  EXPECT_LT(largest_difference(pictures(Making::kOnDevice, 7), in_threads), 5e-5);
  EXPECT_LT(largest_difference(pictures(Making::kOnDevice, 20), in_threads), 5e-5);
}

}  // namespace
}  // namespace alveus::learn
