// SPDX-License-Identifier: Apache-2.0
#include "torchvision_cases.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "learn/detail/network_parts.hpp"
#include "learn/detail/optimizer.hpp"
#include "learn/detail/pass_results.hpp"
#include "sys/file.hpp"
#include "torchvision_twin.hpp"

namespace alveus::learn {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

constexpr int kClasses = 5;
constexpr int kSteps = 50;
constexpr double kAuxiliaryShare = 0.4;
// From this step on a batch has torch's share of 0.1 in the running statistics.
constexpr std::int64_t kTorchMomentumStep = 10;

at::Tensor loss_of(const TrainingLogits& answer, const at::Tensor& targets) {
  const at::Tensor loss = at::cross_entropy_loss(answer.logits, targets);
  if (!answer.auxiliary.defined()) return loss;
  return loss + kAuxiliaryShare * at::cross_entropy_loss(answer.auxiliary, targets);
}

TrainingLogits training_pass(const Network& network, const at::Tensor& inputs) {
  core::Random unused(1, "dropout");
  return network.forward_training(inputs,
                                  {.noise = unused, .step_number = kTorchMomentumStep, .dropping = Dropping::kOff});
}

/// What torchvision answers, of ours, under the same names.
Tensors answers_of(const Network& network, const at::Tensor& inputs, const at::Tensor& targets) {
  Tensors answers = {{"eval", network.forward(inputs).detach()}};
  const TrainingLogits training = training_pass(network, inputs);
  answers["train"] = training.logits.detach();
  if (training.auxiliary.defined()) answers["auxiliary"] = training.auxiliary.detach();
  const at::Tensor loss = loss_of(training, targets);
  answers["loss"] = loss.detach();
  loss.backward();
  for (const Weight& weight : network.parts().weights.items()) {
    if (weight.role == WeightRole::kTrained) answers["gradient/" + weight.name] = weight.tensor.grad();
    if (weight.role == WeightRole::kStatistic) answers["statistic/" + weight.name] = weight.tensor;
  }
  return answers;
}

/// Into the test's report (--gtest_output), with digits enough for what is small.
void record(const std::string& name, double value) {
  std::ostringstream text;
  text << value;
  ::testing::Test::RecordProperty(name, text.str());
}

NetworkOptions options_of(const TwinCase& twin) {
  const bool is_volume = twin.sizes.size() == 5;
  return {.name = twin.network,
          .in_channels = static_cast<int>(twin.sizes[1]),
          .class_count = kClasses,
          .seed = 8,
          .picture_side = is_volume ? 0 : static_cast<int>(twin.sizes.back())};
}

}  // namespace

void expect_twins(const TwinCase& twin) {
  at::set_num_threads(1);  // as the twin has
  const auto directory = sys::TemporaryDirectory::make("torchvision");
  const Network network = shaken_network(options_of(twin));
  const at::Tensor inputs = made_inputs(twin.sizes);
  const at::Tensor targets = made_targets({twin.sizes[0]}, kClasses);
  {
    const at::NoGradGuard no_grad;
    core::Random noise(1, "dropout");
    network.forward_training(inputs, {.noise = noise});  // running statistics that matter
  }
  const Tensors theirs =
      ask_torchvision({.network = network, .inputs = inputs, .targets = targets, .folder = directory->path()});
  if (theirs.empty()) GTEST_SKIP() << "python3-torchvision is not installed";
  const Tensors ours = answers_of(network, inputs, targets);
  ASSERT_EQ(ours.size(), theirs.size());
  double most = 0;
  double most_share = 0;
  for (const auto& [name, expected] : theirs) {
    ASSERT_TRUE(ours.contains(name)) << name;
    const Difference apart = difference(ours.at(name), expected);
    // Sums over thousands of float32 values: what is large is measured by its size.
    EXPECT_LE(apart.most, 1e-5 * std::max(1.0, apart.largest)) << name;
    // Where gradients cancel out (a bias in front of a batch norm) there is nothing but rounding.
    const bool is_more_than_rounding = apart.largest > 1e-5;
    EXPECT_TRUE(apart.share <= 1e-3 || !is_more_than_rounding)
        << name << ": " << apart.share << " of " << apart.largest;
    most = std::max(most, apart.most / std::max(1.0, apart.largest));
    if (is_more_than_rounding) most_share = std::max(most_share, apart.share);
  }
  record("largest_difference", most);
  record("largest_share", most_share);
}

void expect_same_training(const TwinCase& twin, double learning_rate) {
  at::set_num_threads(1);
  const auto directory = sys::TemporaryDirectory::make("torchvision");
  const auto network = Network::make(options_of(twin), Device::kCpu);
  ASSERT_TRUE(network) << network.error().text();
  const at::Tensor inputs = made_pictures(twin.sizes);
  const at::Tensor targets = made_targets({twin.sizes[0]}, kClasses);
  const double decay = 1e-4;
  const Tensors theirs = ask_torchvision({.network = *network,
                                          .inputs = inputs,
                                          .targets = targets,
                                          .folder = directory->path(),
                                          .settings = {{"steps", std::to_string(kSteps)},
                                                       {"learning_rate", std::to_string(learning_rate)},
                                                       {"weight_decay", std::to_string(decay)}}});
  if (theirs.empty()) GTEST_SKIP() << "python3-torchvision is not installed";
  const float* const expected = theirs.at("losses").data_ptr<float>();
  study::TrainingSettings settings;
  settings.optimizer = "adam-amsgrad";
  settings.weight_decay = decay;
  Optimizer optimizer(network->parts().weights, settings);
  double most = 0;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const at::Tensor loss = loss_of(training_pass(*network, inputs), targets);
    loss.backward();
    optimizer.step(learning_rate);
    most = std::max(most, std::abs(loss.item<double>() - static_cast<double>(expected[step])));
  }
  EXPECT_LE(most, 1e-4);
  record("largest_difference", most);
  record("first_loss", static_cast<double>(expected[0]));
  record("last_loss", static_cast<double>(expected[kSteps - 1]));
}

}  // namespace alveus::learn
