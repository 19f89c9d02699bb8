// SPDX-License-Identifier: Apache-2.0
// One side of training_step.py: steps of training (forward, backward, Adam with AMSGrad) on random pictures, without
// loading any. Prints {"speed": inputs a second, "user": seconds of CPU a step} as JSON.
#include <ATen/ATen.h>
#include <sys/resource.h>
#include <torch/csrc/autograd/autograd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "learn/detail/loss.hpp"
#include "learn/detail/optimizer.hpp"
#include "learn/detail/pass_results.hpp"
#include "learn/network.hpp"

namespace alveus::learn {
namespace {

struct Plan {
  std::string network;
  int side, depth, batch, threads, steps;
};

double user_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

at::Tensor random_input(const Network& network, const Plan& plan) {
  const bool is_volume = network.description().input == InputKind::kVolumes;
  return is_volume ? at::rand({plan.batch, 1, plan.depth, plan.side, plan.side})
                   : at::rand({plan.batch, 1, plan.side, plan.side});
}

core::Status measure(const Plan& plan) {
  ALVEUS_TRY(start_torch(plan.threads));
  ALVEUS_TRY_ASSIGN(const auto network, Network::make({.name = plan.network, .picture_side = plan.side}, Device::kCpu));
  study::TrainingSettings settings;
  settings.optimizer = "adam-amsgrad";
  settings.loss = "cross-entropy";
  Optimizer optimizer(network.parts().weights, settings);
  const Loss loss(settings, {1, 1});
  const at::Tensor input = random_input(network, plan);
  const at::Tensor targets = at::eye(2).repeat({plan.batch / 2, 1});
  core::Random noise(1, "bench");
  const auto step = [&](std::int64_t number) {
    const TrainingLogits answer = network.forward_training(input, {.noise = noise, .step_number = number});
    (loss.sum(answer.logits, targets) / plan.batch).backward();
    optimizer.step(1e-3);
  };
  step(1);  // allocates, and compiles kernels
  const auto begin = std::chrono::steady_clock::now();
  const double user = user_seconds();
  for (int i = 0; i < plan.steps; ++i) step(i + 2);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  std::printf("{\"speed\": %.3f, \"user\": %.4f}\n", plan.batch * plan.steps / wall.count(),
              (user_seconds() - user) / plan.steps);
  return {};
}

}  // namespace
}  // namespace alveus::learn

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() != 7) {
    std::fputs("usage: training_step NETWORK SIDE DEPTH BATCH THREADS STEPS (an even batch)\n", stderr);
    return 2;
  }
  const auto done = alveus::learn::measure({.network = arguments[1],
                                            .side = std::atoi(arguments[2]),
                                            .depth = std::atoi(arguments[3]),
                                            .batch = std::atoi(arguments[4]),
                                            .threads = std::atoi(arguments[5]),
                                            .steps = std::atoi(arguments[6])});
  if (done) return 0;
  std::fprintf(stderr, "training_step: %s\n", done.error().message.c_str());
  return 1;
}
