// SPDX-License-Identifier: Apache-2.0
#include "torchvision_twin.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <numbers>

#include "learn/detail/network_parts.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::learn {
namespace {

constexpr int kSkipped = 77;

core::Result<sys::ProcessEnd> run_twin(const std::filesystem::path& folder) {
  const auto runner = sys::LocalProcessRunner::make();
  sys::ProcessCommand command;
  command.arguments = {"/usr/bin/python3", ALVEUS_TEST_PROJECT_DIR "/tools/torchvision_twin.py", folder};
  command.environment = sys::current_environment();
  command.working_directory = folder;
  command.stdout_file = folder / "output.txt";
  command.stderr_file = folder / "errors.txt";
  return sys::run_process(**runner, command);
}

}  // namespace

Network shaken_network(const NetworkOptions& options) {
  auto network = Network::make(options, Device::kCpu);
  EXPECT_TRUE(network) << network.error().text();
  const at::NoGradGuard no_grad;
  for (const Weight& weight : network->parts().weights.items()) {
    if (weight.role != WeightRole::kTrained) continue;
    const bool is_flat = weight.filling.kind == Filling::Kind::kConstant || weight.filling.scale < 1e-4;
    const at::Tensor tensor = weight.tensor;
    if (is_flat) tensor.add_((made_inputs(tensor.sizes()) - 0.5) * 0.4);
  }
  return std::move(*network);
}

at::Tensor made_inputs(at::IntArrayRef sizes) {
  const at::Tensor ramp = at::arange(c10::multiply_integers(sizes), at::kDouble);
  // Weyl's sequence of the golden ratio, folded once more so that neighbours are unlike.
  const at::Tensor first = at::remainder(ramp * 0.6180339887498949, 1.0);
  return at::remainder(first * 97.0 + ramp * 0.0137, 1.0).to(at::kFloat).reshape(sizes);
}

at::Tensor made_pictures(at::IntArrayRef sizes) {
  const double turn = 2 * std::numbers::pi;
  const at::Tensor numbers = at::arange(sizes[0], at::kFloat).reshape({-1, 1, 1, 1});
  const at::Tensor rows = at::linspace(0, turn, sizes[2]).reshape({1, 1, -1, 1});
  const at::Tensor columns = at::linspace(0, turn, sizes[3]).reshape({1, 1, 1, -1});
  const at::Tensor waves = at::cos(rows * (1 + at::remainder(numbers, 3)) + columns * (numbers * 0.7) + numbers);
  const at::Tensor brightness = 0.3 + 0.4 * at::remainder(numbers * 0.618, 1.0);
  return (brightness + 0.2 * waves + 0.2 * (made_inputs(sizes) - 0.5)).contiguous();
}

at::Tensor made_targets(at::IntArrayRef sizes, std::int64_t class_count) {
  return (made_inputs(sizes) * static_cast<double>(class_count)).floor().to(at::kLong);
}

std::map<std::string, at::Tensor> ask_torchvision(const Question& question) {
  const auto& folder = question.folder;
  EXPECT_TRUE(question.network.save(folder / "model.safetensors", {}));
  SavedTensors batch;
  batch.add("inputs", question.inputs);
  batch.add("targets", question.targets);
  EXPECT_TRUE(tensorfile::write_safetensors(folder / "batch.safetensors", batch.views(), question.settings));
  const auto end = run_twin(folder);
  EXPECT_TRUE(end) << end.error().text();
  if (!end || end->exit_code == kSkipped) return {};
  EXPECT_EQ(end->exit_code, 0) << *sys::read_file(folder / "errors.txt");
  if (end->exit_code != 0) return {};
  std::map<std::string, at::Tensor> answer;
  const auto file = tensorfile::SafetensorsFile::open(folder / "answer.safetensors");
  EXPECT_TRUE(file) << file.error().text();
  for (const tensorfile::TensorView& view : file->tensors()) answer.emplace(view.name, tensor_of(view));
  return answer;
}

Difference difference(const at::Tensor& ours, const at::Tensor& theirs) {
  EXPECT_EQ(ours.sizes(), theirs.sizes());
  const at::Tensor apart = (ours.detach() - theirs).to(at::kDouble);
  const double size = theirs.to(at::kDouble).norm().item<double>();
  return {.most = apart.abs().max().item<double>(),
          .largest = theirs.abs().max().item<double>(),
          .share = size > 0 ? apart.norm().item<double>() / size : 0};
}

}  // namespace alveus::learn
