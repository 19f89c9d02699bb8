// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <sstream>

#include "learn/network.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::learn {
namespace {

constexpr std::int64_t kCount = 4;
constexpr std::int64_t kSide = 64;
constexpr int kSkipped = 77;

/// Each network's logits against those torchvision computes from the same file.
class TorchvisionTest : public ::testing::TestWithParam<std::string> {};

core::Result<sys::ProcessEnd> run_torchvision(const std::string& name, const std::filesystem::path& folder) {
  const auto runner = sys::LocalProcessRunner::make();
  sys::ProcessCommand command;
  command.arguments = {"/usr/bin/python3",
                       ALVEUS_TEST_PROJECT_DIR "/tools/torchvision_logits.py",
                       name,
                       "model.safetensors",
                       "pictures.f32",
                       std::to_string(kCount),
                       std::to_string(kSide)};
  command.environment = sys::current_environment();
  command.working_directory = folder;
  command.stdout_file = folder / "logits.txt";
  command.stderr_file = folder / "errors.txt";
  return sys::run_process(**runner, command);
}

TEST_P(TorchvisionTest, GivesTheSameLogits) {
  const at::NoGradGuard no_grad;
  const auto directory = sys::TemporaryDirectory::make("torchvision");
  const auto& folder = directory->path();
  const auto network = Network::make({.name = GetParam(), .class_count = 5, .seed = 8}, Device::kCpu);
  ASSERT_TRUE(network) << network.error().text();
  core::Random noise(1, "dropout");
  const at::Tensor ramp = at::arange(kCount * kSide * kSide, at::kFloat);
  const at::Tensor pictures = at::remainder(ramp * 0.37, 1.0).reshape({kCount, 1, kSide, kSide});
  network->forward_training(pictures, {.noise = noise, .step_number = 1});  // running statistics that matter
  ASSERT_TRUE(network->save(folder / "model.safetensors", {}));
  ASSERT_TRUE(
      sys::write_file(folder / "pictures.f32", {static_cast<const char*>(pictures.data_ptr()), pictures.nbytes()}));
  const auto end = run_torchvision(GetParam(), folder);
  ASSERT_TRUE(end) << end.error().text();
  if (end->exit_code == kSkipped) GTEST_SKIP() << "python3-torchvision is not installed";
  ASSERT_EQ(end->exit_code, 0) << *sys::read_file(folder / "errors.txt");

  const at::Tensor logits = network->forward(pictures).contiguous();
  std::istringstream answer(*sys::read_file(folder / "logits.txt"));
  double most = 0;
  const double scale =
      std::max(1.0, logits.abs().max().item<double>());  // untrained deep networks answer with hundreds
  for (std::int64_t i = 0; i < logits.numel(); ++i) {
    double expected = 0;
    ASSERT_TRUE(answer >> expected);
    most = std::max(most, std::abs(expected - static_cast<double>(logits.data_ptr<float>()[i])));
  }
  RecordProperty("largest_difference", std::to_string(most * 1e6) + "e-6 of " + std::to_string(scale));
  EXPECT_LE(most / scale, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Networks, TorchvisionTest, ::testing::ValuesIn(network_names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace alveus::learn
