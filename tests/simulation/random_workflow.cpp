// SPDX-License-Identifier: Apache-2.0
#include "simulation/random_workflow.hpp"

#include <memory>
#include <string>
#include <vector>

namespace alveus::simulation {
namespace {

using core::Array;
using core::Object;
using core::Random;
using core::Value;
using flow::LinkMerge;
using flow::PickValue;
using flow::ScatterMethod;
using testing::ProcessPointer;

/// Any value as a number, so that every port can feed every tool.
std::int64_t number_of(const Value& value) {
  if (value.is_integer()) return value.as_integer();
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  std::int64_t sum = value.is_null() ? 17 : 5;
  if (value.is_array()) {
    for (const Value& item : value.as_array()) sum = (sum * 31 + number_of(item)) % 100003;
  }
  return sum;
}

std::int64_t digest(const Value& inputs) {
  std::int64_t sum = 0;
  for (const auto& [name, value] : inputs.as_object()) {
    sum = (sum * 37 + static_cast<std::int64_t>(name.size()) + number_of(value)) % 100003;
  }
  return sum;
}

enum class Shape { kNumber, kList };

ProcessPointer random_tool(Random& random, Shape shape, bool may_fail) {
  const auto fail_modulus = static_cast<std::int64_t>(may_fail && random.chance(0.5) ? 2 + random.below(6) : 0);
  const auto factor = static_cast<std::int64_t>(1 + random.below(50));
  auto made = std::make_shared<testing::ComputeTool>([=](const Value& inputs) -> core::Result<Value> {
    const std::int64_t number = digest(inputs) * factor % 1009;
    if (fail_modulus != 0 && number % fail_modulus == 0) return core::fail(core::ErrorCode::kInvalidInput, "unlucky");
    if (shape == Shape::kNumber) return Value(Object{{"out", number}});
    Array list;
    for (std::int64_t i = 0; i < number % 4; ++i) list.emplace_back(number + i);
    return Value(Object{{"out", list}});
  });
  made->is_expression = random.chance(0.2) && fail_modulus == 0;
  made->request.cores_min = 0.5 + static_cast<double>(random.below(6)) / 2;
  return testing::process_of(made);
}

/// Ports of a workflow under construction, by what they are likely to hold.
struct Ports {
  std::vector<std::string> any{"a", "l", "go"};
  std::vector<std::string> lists{"l"};
  std::vector<std::string> short_lists{"l"};  ///< at most three items: products of longer ones would never end

  static const std::string& pick(Random& random, const std::vector<std::string>& from) {
    return from[random.below(from.size())];
  }
};

void add_inputs(Random& random, testing::Graph& graph, const Ports& ports) {
  if (random.chance(0.3)) {
    const PickValue picks[] = {PickValue::kNone, PickValue::kAllNonNull, PickValue::kFirstNonNull};
    graph.from_all("v", {Ports::pick(random, ports.any), Ports::pick(random, ports.any)},
                   random.chance(0.5) ? LinkMerge::kNested : LinkMerge::kFlattened, picks[random.below(3)]);
  } else {
    graph.from("v", Ports::pick(random, ports.any));
  }
  if (random.chance(0.3)) graph.constant("c", static_cast<std::int64_t>(random.below(9)));
}

/// True when the step is scattered.
bool add_scatter(Random& random, testing::Graph& graph, const Ports& ports, bool is_workflow) {
  if (!random.chance(0.5)) return false;
  if (is_workflow || random.chance(0.5)) {
    graph.from("s", Ports::pick(random, is_workflow ? ports.short_lists : ports.lists)).scatter({"s"});
    return true;
  }
  const std::string& list = Ports::pick(random, ports.short_lists);
  graph.from("s", list);
  constexpr ScatterMethod kMethods[] = {ScatterMethod::kDotProduct, ScatterMethod::kFlatCrossProduct,
                                        ScatterMethod::kNestedCrossProduct};
  const ScatterMethod method = kMethods[random.below(3)];
  // Mostly the same list twice, since a dot product of unequal lengths is a failure.
  graph.from("t2", random.chance(0.9) ? list : Ports::pick(random, ports.short_lists));
  graph.scatter({"s", "t2"}, method);
  return true;
}

}  // namespace

ProcessPointer random_workflow(Random& random, int depth, bool may_fail) {
  testing::Graph graph;
  Ports ports;
  const std::uint64_t step_count = random.below(7);
  for (std::uint64_t i = 0; i < step_count; ++i) {
    const std::string name = "s" + std::to_string(i);
    const bool is_workflow = depth > 0 && random.chance(0.3);
    Shape shape = random.chance(0.5) ? Shape::kNumber : Shape::kList;
    if (is_workflow) {
      graph.step(name, random_workflow(random, depth - 1, may_fail));
      graph.from("a", Ports::pick(random, ports.any))
          .from("l", Ports::pick(random, ports.short_lists))
          .from("go", "go");
    } else {
      graph.step(name, random_tool(random, shape, may_fail));
    }
    add_inputs(random, graph, ports);
    const bool is_scattered = add_scatter(random, graph, ports, is_workflow);
    if (is_scattered) shape = Shape::kList;
    if (random.chance(0.3)) graph.from("if", "go").when("if");
    const std::string port = name + (is_workflow ? "/x" : "/out");
    ports.any.push_back(port);
    if (shape == Shape::kList && !is_workflow) ports.lists.push_back(port);
    if (shape == Shape::kList && !is_workflow && !is_scattered) ports.short_lists.push_back(port);
  }
  graph.output("x", Ports::pick(random, ports.any));
  graph.output("y", ports.any.back());
  graph.output_all("z", {Ports::pick(random, ports.any), Ports::pick(random, ports.any)},
                   random.chance(0.5) ? PickValue::kAllNonNull : PickValue::kNone);
  return graph.build();
}

Value random_inputs(Random& random) {
  Array list(random.below(4));
  for (Value& item : list) item = Value(static_cast<std::int64_t>(random.below(100)));
  return Object{{"a", static_cast<std::int64_t>(random.below(100))}, {"l", list}, {"go", random.chance(0.5)}};
}

}  // namespace alveus::simulation
