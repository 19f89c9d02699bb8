// SPDX-License-Identifier: Apache-2.0
#include "learn/torchscript.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <sstream>

#include "learn/detail/pass_results.hpp"
#include "sys/file.hpp"
#include "testing/torch_check.hpp"

namespace alveus::learn {
namespace {

using ::testing::HasSubstr;
using testing::torch_check;

constexpr std::int64_t kSide = 64;

/// A network whose running statistics matter, written as a program and run by Python's torch.jit.load.
class TorchScriptTest : public ::testing::TestWithParam<std::string> {
 protected:
  TorchScriptTest() : folder_(std::move(*sys::TemporaryDirectory::make("torchscript"))) {}
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  static at::Tensor pictures(std::int64_t count) {
    const at::Tensor ramp = at::arange(count * kSide * kSide, at::kFloat);
    return at::remainder(ramp * 0.37, 1.0).reshape({count, 1, kSide, kSide});
  }

  static Network trained(const std::string& name) {
    const at::NoGradGuard no_grad;
    auto network = Network::make({.name = name, .in_channels = 1, .class_count = 5, .seed = 8}, Device::kCpu);
    EXPECT_TRUE(network) << network.error().text();
    core::Random noise(1, "dropout");
    network->forward_training(pictures(4), {.noise = noise, .step_number = 1});
    return *std::move(network);
  }

  /// The largest difference of the program's logits to the network's, relative to the largest logit.
  double difference(const Network& network, const at::Tensor& input) const {
    const at::NoGradGuard no_grad;
    EXPECT_TRUE(sys::write_file(path("pictures.f32"), {static_cast<const char*>(input.data_ptr()), input.nbytes()}));
    std::vector<std::string> arguments = {"logits", "model.pt", "pictures.f32"};
    for (const std::int64_t size : input.sizes()) arguments.push_back(std::to_string(size));
    const auto answer = torch_check(folder(), arguments);
    EXPECT_EQ(answer.exit_code, 0) << answer.errors;
    const at::Tensor expected = network.forward(input).contiguous();
    std::istringstream numbers(answer.output);
    double most = 0;
    for (std::int64_t i = 0; i < expected.numel(); ++i) {
      double given = 0;
      EXPECT_TRUE(numbers >> given);
      most = std::max(most, std::abs(given - static_cast<double>(expected.data_ptr<float>()[i])));
    }
    return most / std::max(1.0, expected.abs().max().item<double>());
  }

 private:
  sys::TemporaryDirectory folder_;
};

TEST_P(TorchScriptTest, PythonRunsItToTheSameLogits) {
  const Network network = trained(GetParam());
  const auto written = write_torchscript(
      path("model.pt"), network, {.picture_shape = {1, kSide, kSide}, .extra_files = {{"card.json", "{\"a\": 1}"}}});
  ASSERT_TRUE(written) << written.error().text();
  const auto names = torch_check(folder(), {"names", "model.pt", GetParam()});
  if (names.skipped) GTEST_SKIP() << "python3-torch and python3-torchvision are not installed";
  EXPECT_EQ(names.exit_code, 0) << names.errors;
  EXPECT_EQ(torch_check(folder(), {"extra", "model.pt", "card.json"}).output, "{\"a\": 1}\n");
  for (const std::int64_t count : {1, 7}) EXPECT_LE(difference(network, pictures(count)), 1e-5) << count;
}

INSTANTIATE_TEST_SUITE_P(Networks, TorchScriptTest,
                         ::testing::Values("resnet18", "densenet121", "mobilenet_v2", "swin_t"),
                         [](const auto& instance) { return instance.param; });

TEST_F(TorchScriptTest, PythonRunsBagsOfAnyNumberOfSlices) {
  const auto network = Network::make({.name = "attention_mil", .in_channels = 1, .class_count = 3}, Device::kCpu);
  ASSERT_TRUE(network) << network.error().text();
  const auto written =
      write_torchscript(path("model.pt"), *network, {.picture_shape = {2, 1, kSide, kSide}, .extra_files = {}});
  ASSERT_TRUE(written) << written.error().text();
  if (torch_check(folder(), {"extra", "model.pt", "none"}).skipped) GTEST_SKIP() << "python3-torch is not installed";
  EXPECT_LE(difference(*network, pictures(6).reshape({2, 3, 1, kSide, kSide})), 1e-5);
  EXPECT_LE(difference(*network, pictures(7).reshape({1, 7, 1, kSide, kSide})), 1e-5);
}

TEST_F(TorchScriptTest, AFailureLeavesNoFile) {
  const Network network = trained("resnet18");
  const auto written = write_torchscript(path("absent") / "model.pt", network, {.picture_shape = {1, kSide, kSide}});
  ASSERT_FALSE(written);
  const auto wrong = write_torchscript(path("model.pt"), network, {.picture_shape = {2, kSide, kSide}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text(), HasSubstr("resnet18"));
  EXPECT_FALSE(std::filesystem::exists(path("model.pt")));
}

}  // namespace
}  // namespace alveus::learn
