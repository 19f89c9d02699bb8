// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/weights_file.hpp"

#include <gmock/gmock.h>

#include "tensorfile/safetensors.hpp"

namespace alveus::tensorfile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<TensorView> tensors_of(const std::vector<std::string>& names) {
  std::vector<TensorView> tensors;
  for (const std::string& name : names) tensors.push_back({.name = name, .shape = {0}});
  return tensors;
}

std::vector<std::string> names_of(const std::vector<TensorView>& tensors) {
  std::vector<std::string> names;
  for (const TensorView& tensor : tensors) names.push_back(tensor.name);
  return names;
}

TEST(WrapperPrefixTest, IsTakenOffAgainAndAgain) {
  auto tensors = tensors_of({"module.model.a.weight", "module.model.b.weight"});
  EXPECT_EQ(strip_wrapper_prefixes(tensors), "module.model.");
  EXPECT_THAT(names_of(tensors), ElementsAre("a.weight", "b.weight"));
}

TEST(WrapperPrefixTest, StaysWhereOneNameLacksIt) {
  auto tensors = tensors_of({"module.a", "step"});
  EXPECT_EQ(strip_wrapper_prefixes(tensors), "");
  EXPECT_THAT(names_of(tensors), ElementsAre("module.a", "step"));
}

TEST(WrapperPrefixTest, LeavesAName) {
  auto tensors = tensors_of({"module."});
  EXPECT_EQ(strip_wrapper_prefixes(tensors), "");
  auto none = tensors_of({});
  EXPECT_EQ(strip_wrapper_prefixes(none), "");
}

TEST(CurrentNamesTest, JoinTheNumberOfDenseNetsOldLayers) {
  auto tensors = tensors_of({"features.denseblock1.denselayer2.conv.2.weight",
                             "features.denseblock1.denselayer2.norm.1.running_mean", "features.norm0.bias",
                             "features.transition1.norm.bias"});
  take_current_names(tensors);
  EXPECT_THAT(names_of(tensors), ElementsAre("features.denseblock1.denselayer2.conv2.weight",
                                             "features.denseblock1.denselayer2.norm1.running_mean",
                                             "features.norm0.bias", "features.transition1.norm.bias"));
}

TEST(CurrentNamesTest, NeverMakeANameTwice) {
  auto tensors = tensors_of({"f.denselayer1.norm.1.bias", "f.denselayer1.norm1.bias"});
  take_current_names(tensors);
  EXPECT_THAT(names_of(tensors), ElementsAre("f.denselayer1.norm.1.bias", "f.denselayer1.norm1.bias"));
}

struct Stranger {
  std::string name;
  std::string bytes;
  std::string fact;
};

class StrangerTest : public ::testing::TestWithParam<Stranger> {};

TEST_P(StrangerTest, IsNamedForWhatItIs) {
  const auto folder = sys::TemporaryDirectory::make("stranger");
  const auto path = folder->path() / "x.pth";
  ASSERT_TRUE(sys::write_file(path, GetParam().bytes));
  const auto file = WeightsFile::open(path);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().text(), HasSubstr("x.pth: "));
  EXPECT_THAT(file.error().text(), HasSubstr(GetParam().fact));
}

INSTANTIATE_TEST_SUITE_P(
    Files, StrangerTest,
    ::testing::Values(Stranger{"Empty", "", "no weights"}, Stranger{"Text", "hello, these are words", "no weights"},
                      Stranger{"Keras", "\x89HDF\r\n\x1a\n", "HDF5"},
                      Stranger{"Pickle", "\x80\x04K\x01.", "torch.save did not write"},
                      Stranger{"Tar", std::string(257, 'a') + "ustar" + std::string(250, 'a'), "tar archive"},
                      Stranger{"Zip", "PK\x03\x04" + std::string(60, 'a'), "cannot be opened"}),
    [](const auto& instance) { return instance.param.name; });

TEST(WeightsFileTest, AbsentFilesAreNamed) {
  const auto file = WeightsFile::open("/no/such/file.pth");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, core::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace alveus::tensorfile
