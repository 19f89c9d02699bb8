// SPDX-License-Identifier: Apache-2.0
#include "learn/torchscript.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string_view>

#include "core/random.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/torch_edge.hpp"
#include "sys/file.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;
namespace jit = torch::jit;

constexpr std::int64_t kSize = 2;  // of the two recordings
constexpr std::int64_t kOtherSize = 3;
constexpr std::array<std::int64_t, 2> kCheckedBatches = {1, 5};
constexpr double kDifferenceMax = 1e-5;  // of logits, relative to the largest

/// Modules nested as the dots of the weights' names say: "layer1.0.conv1.weight" is the parameter "weight" of the
/// module "conv1" of the module "0" of the module "layer1".
class ModuleTree {
 public:
  void add(std::string_view name, const Weight& weight) {
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) {
      weights_.emplace_back(name, &weight);
      return;
    }
    const auto first = name.substr(0, dot);
    auto child = std::ranges::find(children_, first, [](const auto& entry) { return std::string_view(entry.first); });
    if (child == children_.end()) child = children_.insert(children_.end(), {std::string(first), ModuleTree()});
    child->second.add(name.substr(dot + 1), weight);
  }

  jit::Module make(const std::string& class_name, const std::shared_ptr<jit::CompilationUnit>& unit) const {
    jit::Module module(c10::QualifiedName(class_name), unit, /*shouldMangle=*/true);
    module.register_attribute("training", c10::BoolType::get(), false);
    for (const auto& [name, weight] : weights_) {
      module.register_parameter(name, weight->tensor, weight->role != WeightRole::kTrained);
    }
    for (const auto& [name, child] : children_) module.register_module(name, child.make(class_name, unit));
    return module;
  }

 private:
  std::vector<std::pair<std::string, const Weight*>> weights_;
  std::vector<std::pair<std::string, ModuleTree>> children_;
};

/// Numbers in [0, 1) that no layer maps to a constant.
at::Tensor random_pictures(std::int64_t count, std::vector<std::int64_t> shape) {
  shape.insert(shape.begin(), count);
  const at::Tensor pictures = at::empty(shape, at::kFloat);
  core::Random random(1, "torchscript", static_cast<std::uint64_t>(count));
  const std::span values(pictures.data_ptr<float>(), static_cast<std::size_t>(pictures.numel()));
  for (float& value : values) value = static_cast<float>(random.uniform());
  return pictures;
}

/// Records what the network does to pictures. The modules hold the very tensors that the layers use, so the recorder
/// knows each for an attribute of the module and writes no constant.
std::shared_ptr<jit::Graph> record(const Network& network, jit::Module& module, const at::Tensor& pictures) {
  const auto forward = [&](jit::Stack inputs) { return jit::Stack{network.forward(inputs.at(0).toTensor())}; };
  const auto name_of = [](const at::Tensor&) { return std::string(); };
  const auto state = jit::tracer::trace({pictures}, forward, name_of, /*strict=*/true, /*force_outplace=*/false,
                                        &module, {"pictures"});
  return state.first->graph;
}

/// The number of a constant node, or nothing.
std::optional<std::int64_t> constant_number(const jit::Node& node) {
  if (node.kind() != c10::prim::Constant || node.outputs().size() != 1) return std::nullopt;
  const auto value = jit::toIValue(node.output());
  if (!value || !value->isInt()) return std::nullopt;
  return value->toInt();
}

/// A recording holds a size of the input wherever a layer asked for it. Two recordings that differ in nothing else show
/// where: a number that grew with the size becomes a multiple of the input's. False when they differ otherwise: then
/// the program depends on the size in a way that a recording cannot hold.
bool free_size(jit::Graph& graph, jit::Graph& other, std::int64_t axis) {
  auto nodes = graph.nodes();
  auto others = other.nodes();
  if (std::distance(nodes.begin(), nodes.end()) != std::distance(others.begin(), others.end())) return false;
  std::vector<std::pair<jit::Node*, std::int64_t>> multiples;
  auto twin = others.begin();
  for (jit::Node* const node : nodes) {
    const jit::Node& counterpart = **twin++;
    if (node->kind() != counterpart.kind() || node->inputs().size() != counterpart.inputs().size()) return false;
    const auto number = constant_number(*node);
    const auto other_number = constant_number(counterpart);
    if (number == other_number) continue;
    if (!number || !other_number || *number % kSize != 0 || *number / kSize * kOtherSize != *other_number) return false;
    multiples.emplace_back(node, *number / kSize);
  }
  jit::Value* const input = graph.inputs().at(1);  // behind the module itself
  for (const auto& [node, factor] : multiples) {
    const jit::WithInsertPoint place(node);
    jit::Value* size = graph.insert(c10::aten::size, {input, axis});
    if (factor != 1) size = graph.insert(c10::aten::mul, {size, factor});
    node->output()->replaceAllUsesWith(size);
  }
  return true;
}

void add_method(jit::Module& module, const std::string& name, std::shared_ptr<jit::Graph> graph) {
  auto* const function = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), name), std::move(graph));
  module.type()->addMethod(function);
}

/// The answers for one input after the other: for networks that treat each on its own way, as bags of slices.
void add_loop(jit::Module& module) {
  module.define(R"(
def forward(self, pictures: Tensor) -> Tensor:
    answers: List[Tensor] = []
    for i in range(pictures.size(0)):
        answers.append(self.answer(pictures[i:i + 1]))
    return torch.cat(answers)
)");
}

/// A bag of another number of slices.
std::vector<std::int64_t> with_slices(std::vector<std::int64_t> shape, std::int64_t count) {
  shape.front() = count;
  return shape;
}

/// Gives the module its method `forward`, for any number of inputs, and for bags of any number of slices.
core::Status add_forward(const Network& network, jit::Module& module, const std::vector<std::int64_t>& shape) {
  const bool bags = network.description().input == InputKind::kBags;
  if (!bags) {
    auto graph = record(network, module, random_pictures(kSize, shape));
    const auto other = record(network, module, random_pictures(kOtherSize, shape));
    if (free_size(*graph, *other, 0)) {
      add_method(module, "forward", std::move(graph));
      return {};
    }
  }
  auto graph = record(network, module, random_pictures(1, bags ? with_slices(shape, kSize) : shape));
  if (bags) {
    const auto other = record(network, module, random_pictures(1, with_slices(shape, kOtherSize)));
    if (!free_size(*graph, *other, 1)) {
      return core::fail(ErrorCode::kInvalidInput, "what '" + network.options().name +
                                                      "' does depends on the number of slices in a way that a "
                                                      "TorchScript program cannot hold; export its weights instead");
    }
  }
  add_method(module, "answer", std::move(graph));
  add_loop(module);
  return {};
}

core::Result<jit::Module> program_of(const Network& network, const std::vector<std::int64_t>& shape) {
  ModuleTree tree;
  for (const Weight& weight : network.parts().weights.items()) tree.add(weight.name, weight);
  jit::Module module = tree.make("__torch__.alveus.Network", std::make_shared<jit::CompilationUnit>());
  ALVEUS_TRY(add_forward(network, module, shape));
  return module;
}

core::Status check_answer(const Network& network, jit::Module& program, const at::Tensor& pictures) {
  const at::Tensor expected = network.forward(pictures);
  const at::Tensor given = program.forward({pictures}).toTensor();
  const double scale = std::max(1.0, expected.abs().max().item<double>());
  if (given.sizes() == expected.sizes() && (given - expected).abs().max().item<double>() <= kDifferenceMax * scale) {
    return {};
  }
  return core::fail(ErrorCode::kInternal, "the TorchScript program of '" + network.options().name +
                                              "' gives other logits than the network for a batch of " +
                                              std::to_string(pictures.size(0)));
}

/// Runs the written program beside the network.
core::Status check_program(const std::string& bytes, const Network& network, const std::vector<std::int64_t>& shape) {
  std::istringstream stream(bytes);
  jit::Module program = jit::load(stream);
  for (const std::int64_t count : kCheckedBatches) {
    ALVEUS_TRY(check_answer(network, program, random_pictures(count, shape)));
  }
  if (network.description().input != InputKind::kBags) return {};
  return check_answer(network, program, random_pictures(2, with_slices(shape, shape.front() + kOtherSize)));
}

}  // namespace

core::Status write_torchscript(const std::filesystem::path& path, const Network& network,
                               const TorchScriptOptions& options) {
  return at_torch_edge("exporting the network " + network.options().name, [&]() -> core::Status {
    const at::NoGradGuard no_grad;
    ALVEUS_TRY_ASSIGN(const jit::Module program, program_of(network, options.picture_shape));
    jit::ExtraFilesMap extra_files;
    for (const auto& [name, text] : options.extra_files) extra_files.emplace(name, text);
    std::ostringstream stream;
    program.save(stream, extra_files);
    const std::string bytes = std::move(stream).str();
    ALVEUS_TRY(check_program(bytes, network, options.picture_shape));
    return sys::write_file(path, bytes);
  });
}

}  // namespace alveus::learn
