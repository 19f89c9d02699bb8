// SPDX-License-Identifier: Apache-2.0
#include "learn/network.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"
#include "sys/file.hpp"

namespace alveus::learn {
namespace {

using ::testing::HasSubstr;

struct Count {
  std::string network;
  std::int64_t two_classes = 0;
  std::int64_t thousand_classes = 0;
};

class ParameterCountTest : public ::testing::TestWithParam<Count> {};

TEST_P(ParameterCountTest, IsThatOfTheKnownLibrary) {
  const auto& [name, two, thousand] = GetParam();
  EXPECT_EQ(parameter_count({.name = name, .in_channels = 3, .class_count = 2}), two);
  EXPECT_EQ(parameter_count({.name = name, .in_channels = 3, .class_count = 1000}), thousand);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, ParameterCountTest,
    ::testing::Values(Count{"densenet121", 6'955'906, 7'978'856}, Count{"densenet161", 26'476'418, 28'681'000},
                      Count{"densenet169", 12'487'810, 14'149'480}, Count{"densenet201", 18'096'770, 20'013'928},
                      Count{"resnet18", 11'177'538, 11'689'512}, Count{"resnet34", 21'285'698, 21'797'672},
                      Count{"resnet50", 23'512'130, 25'557'032}, Count{"resnet101", 42'504'258, 44'549'160},
                      Count{"resnet152", 58'147'906, 60'192'808}, Count{"resnext50_32x4d", 22'984'002, 25'028'904},
                      Count{"resnext101_32x8d", 86'746'434, 88'791'336}, Count{"vgg11", 128'774'530, 132'863'336},
                      Count{"vgg13", 128'959'042, 133'047'848}, Count{"vgg16", 134'268'738, 138'357'544},
                      Count{"vgg19", 139'578'434, 143'667'240}, Count{"vgg11_bn", 128'780'034, 132'868'840},
                      Count{"inception_v3", 24'348'900, 27'161'264}, Count{"efficientnet_b0", 4'010'110, 5'288'548},
                      Count{"efficientnet_b1", 6'515'746, 7'794'184}, Count{"efficientnet_b2", 7'703'812, 9'109'994},
                      Count{"efficientnet_b3", 10'699'306, 12'233'232},
                      Count{"efficientnet_b4", 17'552'202, 19'341'616}, Count{"mobilenet_v2", 2'226'434, 3'504'872},
                      Count{"xception", 20'811'050, 22'855'952}, Count{"convnext_tiny", 27'821'666, 28'589'128},
                      Count{"vit_s_16", 21'666'434, 22'050'664}, Count{"vit_b_16", 85'800'194, 86'567'656},
                      Count{"swin_t", 27'520'892, 28'288'354}, Count{"r3d_18", 33'167'298, 33'679'272},
                      Count{"r3d_50", 46'165'442, 48'210'344}, Count{"densenet121_3d", 11'288'578, 12'311'528},
                      Count{"densenet201_3d", 25'378'562, 27'295'720}, Count{"i3d", 12'289'314, 13'312'264},
                      Count{"covnet", 23'512'130, 25'557'032}, Count{"vgg13_bn", 128'964'930, 133'053'736},
                      Count{"vgg16_bn", 134'277'186, 138'365'992}, Count{"vgg19_bn", 139'589'442, 143'678'248}),
    [](const auto& instance) { return instance.param.network; });

Network make(const NetworkOptions& options) {
  auto network = Network::make(options, Device::kCpu);
  EXPECT_TRUE(network) << network.error().text();
  return std::move(*network);
}

at::Tensor weight(const Network& network, std::string_view name) { return network.parts().weights.find(name)->tensor; }

/// Pictures that any machine makes alike.
at::Tensor pictures(std::int64_t count, std::int64_t side, std::int64_t channels = 1) {
  const at::Tensor ramp = at::arange(count * channels * side * side, at::kFloat);
  return at::remainder(ramp * 0.37, 1.0).reshape({count, channels, side, side});
}

double distance(const at::Tensor& left, const at::Tensor& right) { return (left - right).abs().max().item<double>(); }

TEST(NetworkTest, CountsWhatItMade) {
  EXPECT_EQ(make({.name = "resnet18"}).parameter_count(), *parameter_count({.name = "resnet18"}));
}

TEST(NetworkTest, CanCountEveryNetworkItLists) {
  EXPECT_TRUE(std::ranges::is_sorted(network_names()));
  for (const auto& name : network_names()) EXPECT_TRUE(parameter_count({.name = name})) << name;
}

TEST(NetworkTest, SuggestsTheNameThatWasMeant) {
  const auto network = Network::make({.name = "resnet_18"}, Device::kCpu);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_THAT(network.error().text(), HasSubstr("there is no network 'resnet_18'; did you mean 'resnet18'?"));
}

TEST(NetworkTest, RefusesSizesItCannotHave) {
  EXPECT_FALSE(parameter_count({.name = "resnet18", .in_channels = 4}));
  EXPECT_FALSE(parameter_count({.name = "resnet18", .class_count = 0}));
}

TEST(NetworkTest, StartsFromItsSeed) {
  const Network one = make({.name = "resnet18", .seed = 1});
  EXPECT_EQ(distance(weight(one, "conv1.weight"), weight(make({.name = "resnet18", .seed = 1}), "conv1.weight")), 0);
  EXPECT_GT(distance(weight(one, "conv1.weight"), weight(make({.name = "resnet18", .seed = 2}), "conv1.weight")), 0);
}

// torchvision: kaiming_normal_(mode="fan_out") for ResNet, so a deviation of sqrt(2 / (64 * 9)); kaiming_normal_ with
// fan_in for DenseNet; torch.nn.Linear's uniform bound 1 / sqrt(512).
TEST(NetworkTest, DrawsFirstWeightsAsTorchvisionDoes) {
  const Network resnet = make({.name = "resnet18"});
  const at::Tensor convolution = weight(resnet, "layer1.0.conv1.weight");
  EXPECT_NEAR(convolution.std().item<double>(), std::sqrt(2.0 / (64 * 9)), 1e-3);
  EXPECT_NEAR(convolution.mean().item<double>(), 0, 1e-3);
  EXPECT_NEAR(weight(resnet, "layer2.0.conv1.weight").std().item<double>(), std::sqrt(2.0 / (128 * 9)), 1e-3);
  EXPECT_EQ(weight(resnet, "bn1.weight").min().item<double>(), 1);
  EXPECT_EQ(weight(resnet, "bn1.bias").abs().max().item<double>(), 0);
  EXPECT_EQ(weight(resnet, "bn1.running_var").max().item<double>(), 1);
  const double bound = 1 / std::sqrt(512.0);
  EXPECT_NEAR(weight(resnet, "fc.weight").max().item<double>(), bound, 0.02 * bound);
  EXPECT_LE(weight(resnet, "fc.weight").abs().max().item<double>(), bound);
  const Network densenet = make({.name = "densenet121"});
  EXPECT_NEAR(weight(densenet, "features.denseblock1.denselayer1.conv2.weight").std().item<double>(),
              std::sqrt(2.0 / (128 * 9)), 1e-3);
  EXPECT_EQ(weight(densenet, "classifier.bias").abs().max().item<double>(), 0);
}

class NetworkFileTest : public ::testing::Test {
 protected:
  NetworkFileTest() : folder_(std::move(*sys::TemporaryDirectory::make("network"))) {}
  std::filesystem::path file() const { return folder_.path() / "model.safetensors"; }

 private:
  sys::TemporaryDirectory folder_;
};

TEST_F(NetworkFileTest, ComesBackFromItsFile) {
  const at::NoGradGuard no_grad;
  const Network network = make({.name = "resnet18", .class_count = 4, .seed = 9});
  const auto hash = network.save(file(), {{"note", "x"}});
  ASSERT_TRUE(hash) << hash.error().text();
  const auto loaded = Network::load(file(), Device::kCpu);
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(loaded->options().class_count, 4);
  EXPECT_EQ(distance(loaded->forward(pictures(1, 32)), network.forward(pictures(1, 32))), 0);
  EXPECT_EQ(*loaded->save(file(), {{"note", "x"}}), *hash);
}

TEST_F(NetworkFileTest, RefusesWeightsOfAnotherNetwork) {
  ASSERT_TRUE(make({.name = "resnet34"}).save(file(), {}));
  Network network = make({.name = "resnet18"});
  const auto status = network.take_weights(*tensorfile::SafetensorsFile::open(file()));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, core::ErrorCode::kInvalidInput);
  EXPECT_THAT(status.error().text(), HasSubstr("is unknown to the network resnet18"));
}

TEST_F(NetworkFileTest, RefusesAFileWithoutItsNetwork) {
  ASSERT_TRUE(tensorfile::write_safetensors(file(), {}, {}));
  const auto loaded = Network::load(file(), Device::kCpu);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().text(), HasSubstr("the metadata name no network"));
  ASSERT_TRUE(
      tensorfile::write_safetensors(file(), {}, {{"network", "resnet18"}, {"in_channels", "1"}, {"class_count", "2"}}));
  EXPECT_THAT(Network::load(file(), Device::kCpu).error().text(), HasSubstr("weight 'conv1.weight' is absent"));
}

TEST_F(NetworkFileTest, TakesStartWeightsOfAnotherTask) {
  const Network source = make({.name = "resnet18", .in_channels = 3, .class_count = 10, .seed = 4});
  ASSERT_TRUE(source.save(file(), {}));
  Network network = make({.name = "resnet18", .in_channels = 1, .class_count = 2, .seed = 5});
  const at::Tensor head = weight(network, "fc.weight").clone();
  const auto status = network.take_start_weights(*tensorfile::WeightsFile::open(file()));
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(distance(weight(network, "layer4.1.conv2.weight"), weight(source, "layer4.1.conv2.weight")), 0);
  EXPECT_LT(distance(weight(network, "conv1.weight"), weight(source, "conv1.weight").sum(1, true)), 1e-6);
  EXPECT_EQ(distance(weight(network, "fc.weight"), head), 0);
}

TEST_F(NetworkFileTest, SharesTheFirstLayerOutToMoreChannels) {
  const Network source = make({.name = "resnet18", .in_channels = 1, .class_count = 2, .seed = 4});
  ASSERT_TRUE(source.save(file(), {}));
  Network network = make({.name = "resnet18", .in_channels = 3, .class_count = 2, .seed = 5});
  const auto status = network.take_start_weights(*tensorfile::WeightsFile::open(file()));
  ASSERT_TRUE(status) << status.error().text();
  const at::NoGradGuard no_grad;
  const at::Tensor grey = at::remainder(at::arange(2 * 64 * 64, at::kFloat) * 0.37, 1.0).reshape({2, 1, 64, 64});
  EXPECT_LT(distance(network.forward(grey.expand({-1, 3, -1, -1})), source.forward(grey)), 1e-4);
}

TEST_F(NetworkFileTest, TakesStartWeightsOfHalfPrecision) {
  const Network source = make({.name = "resnet18", .seed = 4});
  SavedTensors halves;
  for (const Weight& each : source.parts().weights.items()) {
    halves.add(each.name, each.role == WeightRole::kCounter ? each.tensor : each.tensor.to(at::kHalf));
  }
  ASSERT_TRUE(tensorfile::write_safetensors(file(), halves.views(), {}));
  Network network = make({.name = "resnet18", .seed = 5});
  const auto status = network.take_start_weights(*tensorfile::WeightsFile::open(file()));
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(distance(weight(network, "conv1.weight"), weight(source, "conv1.weight").to(at::kHalf).to(at::kFloat)), 0);
}

TEST_F(NetworkFileTest, NamesItsStartWeightsInTheFilesItWrites) {
  ASSERT_TRUE(make({.name = "resnet18", .seed = 4}).save(file(), {}));
  Network network = make({.name = "resnet18", .seed = 5});
  const auto start = tensorfile::WeightsFile::open(file());
  ASSERT_TRUE(network.take_start_weights(*start));
  const std::string sha256 = start->sha256();
  ASSERT_TRUE(network.save(file(), {}));
  EXPECT_EQ(tensorfile::SafetensorsFile::open(file())->metadata().at("start_weights_sha256"), sha256);
}

TEST_F(NetworkFileTest, TakesThePositionsOfPicturesOfAnotherSize) {
  const Network source = make({.name = "vit_s_16", .seed = 4, .picture_side = 64});
  Network network = make({.name = "vit_s_16", .seed = 5, .picture_side = 112});
  ASSERT_TRUE(network.take_start_weights(source));
  const at::Tensor from = weight(source, "encoder.pos_embedding");
  const at::Tensor to = weight(network, "encoder.pos_embedding");
  ASSERT_EQ(to.size(1), 1 + 7 * 7);
  EXPECT_EQ(distance(to.select(1, 0), from.select(1, 0)), 0);  // the class token's
  const auto place = [](const at::Tensor& positions, std::int64_t side, std::int64_t row, std::int64_t column) {
    return positions.select(1, 1 + row * side + column);
  };
  EXPECT_LT(distance(place(to, 7, 0, 0), place(from, 4, 0, 0)), 1e-6);
  EXPECT_LT(distance(place(to, 7, 6, 6), place(from, 4, 3, 3)), 1e-6);
  EXPECT_LT(distance(place(to, 7, 2, 4), place(from, 4, 1, 2)), 1e-6);  // every second place lies on an old one
  EXPECT_GT(distance(place(to, 7, 1, 1), place(from, 4, 0, 0)), 1e-4);
}

TEST_F(NetworkFileTest, RefusesStartWeightsOfAnotherStructure) {
  ASSERT_TRUE(make({.name = "densenet121"}).save(file(), {}));
  Network network = make({.name = "resnet18"});
  EXPECT_FALSE(network.take_start_weights(*tensorfile::WeightsFile::open(file())));
}

TEST(NetworkTest, TheFirstBatchReplacesTheStartStatistics) {
  const at::NoGradGuard no_grad;
  const Network network = make({.name = "resnet18"});
  core::Random noise(1, "dropout");
  const at::Tensor input = pictures(4, 32);
  network.forward_training(input, {.noise = noise, .step_number = 1});
  const at::Tensor first = at::conv2d(input, weight(network, "conv1.weight"), {}, 2, 3);
  EXPECT_LT(distance(weight(network, "bn1.running_mean"), first.mean(at::IntArrayRef({0, 2, 3}))), 1e-5);
  EXPECT_LT(distance(weight(network, "bn1.running_var"), first.var(at::IntArrayRef({0, 2, 3}))), 1e-4);
  EXPECT_EQ(weight(network, "bn1.num_batches_tracked").item<std::int64_t>(), 1);
}

TEST(NetworkTest, DropoutDrawsFromItsStreamAndKeepsTheMean) {
  const Dropout dropout;
  const at::Tensor ones = at::ones({100, 100});
  core::Random one(1, "dropout");
  core::Random again(1, "dropout");
  const at::Tensor dropped = dropout.forward(ones, {.training = true, .noise = &one});
  EXPECT_NEAR(dropped.mean().item<double>(), 1, 0.05);
  EXPECT_TRUE(((dropped == 0) | (dropped == 2)).all().item<bool>());
  EXPECT_EQ(distance(dropped, dropout.forward(ones, {.training = true, .noise = &again})), 0);
  EXPECT_GT(distance(dropped, dropout.forward(ones, {.training = true, .noise = &again})), 0);
  EXPECT_EQ(distance(dropout.forward(ones, {}), ones), 0);
}

}  // namespace
}  // namespace alveus::learn
