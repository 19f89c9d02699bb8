// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/resident_pictures.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "learn/batch_stream.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::learn {
namespace {

/// The parameter: pictures are kept in halves.
class ResidentPicturesTest : public ::testing::TestWithParam<bool> {
 protected:
  ResidentPicturesTest() : directory_(std::move(*sys::TemporaryDirectory::make("resident"))) {
    const testing::LesionFolder files{
        .path = directory_.path() / "t", .patients = 8, .slices = 4, .side = 24, .is_of_halves = GetParam()};
    files.write();
    folder_ = std::move(*TensorFolder::open(files.path));
  }

  /// Of all examples of a source, batch by batch, as a network gets them.
  at::Tensor pictures(const StreamOptions& options, const std::string& network_name) const {
    const auto network = std::move(
        *Network::make({.name = network_name, .in_channels = study::input_channels(network_name)}, Device::kCpu));
    const auto source = *ExampleSource::make(*folder_, options.form);
    std::vector<Example> examples;
    for (std::size_t i = 0; i < source.size(); ++i) examples.push_back({.index = i, .target = 0});
    std::vector<at::Tensor> all;
    BatchStream stream(*folder_, cut_evenly(shuffled(examples, 1, 1), 5), options);
    while (auto batch = stream.next()) {
      EXPECT_EQ(batch->unmade && batch->unmade->kept.empty(), options.resident != nullptr);
      all.push_back(picture_tensor(*batch, *folder_, network).clone());
    }
    return at::cat(all);
  }
  const TensorFolder& folder() const { return *folder_; }

 private:
  sys::TemporaryDirectory directory_;
  std::optional<TensorFolder> folder_;
};

TEST_P(ResidentPicturesTest, GiveTheBitsOfThoseOfTheHost) {
  const ResidentPictures resident(folder(), at::kCPU, /*with_lung=*/false);
  StreamOptions options = {
      .augmentation = *study::parse_augmentation("flip+affine+elastic+blur+window+intensity+noise+cutout+mixup+cutmix"),
      .seed = 3,
      .epoch = 2,
      .making = Making::kOnDevice};
  const at::Tensor streamed = pictures(options, "resnet18");
  options.resident = &resident;
  EXPECT_TRUE(at::equal(pictures(options, "resnet18"), streamed));
}

TEST_P(ResidentPicturesTest, UnchangedOnesHaveTheBitsOfThoseMadeByThreads) {
  const ResidentPictures resident(folder(), at::kCPU, /*with_lung=*/false);
  EXPECT_TRUE(at::equal(pictures({.making = Making::kOnDevice, .resident = &resident}, "resnet18"),
                        pictures({.making = Making::kInThreads}, "resnet18")));
}

TEST_P(ResidentPicturesTest, LungsOfScansComeWithThem) {
  const ResidentPictures resident(folder(), at::kCPU, /*with_lung=*/true);
  StreamOptions options = {.augmentation = *study::parse_augmentation("flips-affine"), .making = Making::kOnDevice};
  options.form = {.kind = InputKind::kVolumes, .depth = 3, .has_lung = true};
  const at::Tensor streamed = pictures(options, "decovnet");
  options.resident = &resident;
  EXPECT_TRUE(at::equal(pictures(options, "decovnet"), streamed));
}

TEST_P(ResidentPicturesTest, AreMadeOnceWhereTheyAreAskedFor) {
  ResidentFolders folders;
  TrainingOptions options;
  EXPECT_EQ(folders.find(folder(), options, false), nullptr) << "on the CPU they lie in memory anyhow";
  options.pictures = PicturePlace::kResident;
  const ResidentPictures* const made = folders.find(folder(), options, false);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(folders.find(folder(), options, false), made);
  EXPECT_NE(folders.find(folder(), options, true), made);
  EXPECT_TRUE(folders.drop());
  EXPECT_EQ(folders.find(folder(), options, false), nullptr);
  EXPECT_FALSE(folders.drop());
}

TEST_P(ResidentPicturesTest, AreDoneWithoutWhereMemoryLacks) {
  ASSERT_TRUE(start_torch(1));
  ResidentFolders folders;
  TrainingOptions options;
  options.pictures = PicturePlace::kResident;
  limit_tensor_memory(4096);  // for a few of them
  EXPECT_EQ(folders.find(folder(), options, false), nullptr);
  limit_tensor_memory(0);
  EXPECT_FALSE(folders.drop());
}

INSTANTIATE_TEST_SUITE_P(Types, ResidentPicturesTest, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "halves" : "bytes"; });

}  // namespace
}  // namespace alveus::learn
