// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "cwl/memory_access.hpp"
#include "cwl/model.hpp"
#include "cwl/tool.hpp"
#include "expr/javascript.hpp"

namespace alveus::cwl {

inline core::Value json(std::string_view text) { return core::parse_json(text).value(); }

inline Expression expression(core::Value value) { return {.value = std::move(value), .mark = {}}; }

inline Type type(Type::Kind kind) {
  Type made;
  made.kind = kind;
  return made;
}
inline Type array_of(Type items) {
  Type made = type(Type::Kind::kArray);
  made.alternatives.push_back(std::move(items));
  return made;
}
inline Type optional(Type inner) {
  Type made = type(Type::Kind::kUnion);
  made.alternatives = {type(Type::Kind::kNull), std::move(inner)};
  return made;
}
inline Type either(std::vector<Type> alternatives) {
  Type made = type(Type::Kind::kUnion);
  made.alternatives = std::move(alternatives);
  return made;
}
inline Type file_type() { return type(Type::Kind::kFile); }
inline Type string_type() { return type(Type::Kind::kString); }

inline CommandLineBinding at(int position) {
  CommandLineBinding binding;
  binding.position = expression(core::Value(position));
  return binding;
}
inline CommandLineBinding prefixed(std::string prefix, int position = 0) {
  CommandLineBinding binding = at(position);
  binding.prefix = std::move(prefix);
  return binding;
}
inline CommandLineBinding from(std::string text, int position = 0) {
  CommandLineBinding binding = at(position);
  binding.value_from = expression(core::Value(std::move(text)));
  return binding;
}
inline RecordField field(std::string name, Type of, std::optional<CommandLineBinding> binding = {}) {
  RecordField made;
  made.name = std::move(name);
  made.type = std::move(of);
  made.binding = std::move(binding);
  return made;
}

/// A CommandLineTool in the making, and what runs it.
class ToolBench {
 public:
  ToolBench() {
    process.body = CommandLineTool{};
    site = {.outdir = core::RemotePath("/job/out"),
            .tmpdir = core::RemotePath("/job/tmp"),
            .inputs_directory = core::RemotePath("/job/in")};
  }

  CommandLineTool& tool() { return std::get<CommandLineTool>(process.body); }
  ToolBench& javascript() {
    process.requirements.javascript = InlineJavascript{};
    return *this;
  }
  ToolBench& command(std::vector<std::string> words) {
    tool().base_command = std::move(words);
    return *this;
  }
  ToolBench& input(std::string name, Type of, std::optional<CommandLineBinding> binding = {}) {
    InputParameter made;
    made.name = std::move(name);
    made.type = std::move(of);
    made.binding = std::move(binding);
    process.inputs.push_back(std::move(made));
    return *this;
  }
  OutputParameter& output(std::string name, Type of, std::vector<std::string> globs) {
    OutputParameter made;
    made.name = std::move(name);
    made.type = std::move(of);
    CommandOutputBinding binding;
    for (std::string& glob : globs) binding.glob.push_back(expression(core::Value(std::move(glob))));
    made.binding = std::move(binding);
    process.outputs.push_back(std::move(made));
    return process.outputs.back();
  }

  std::shared_ptr<const flow::Tool> make() {
    return make_command_line_tool(std::make_shared<Process>(process), engine);
  }
  core::Result<flow::JobPlan> plan(std::string_view inputs) { return make()->plan(json(inputs), site, access); }
  /// The words of the command, or the error.
  std::vector<std::string> words(std::string_view inputs) {
    auto made = plan(inputs);
    return made ? made->command : std::vector<std::string>{"error: " + made.error().message};
  }
  /// The outputs as JSON, or the error's text.
  std::string collected(std::string_view inputs, int exit_code = 0) {
    auto made = plan(inputs);
    if (!made) return made.error().text();
    const auto outputs = make()->collect(*made, {.exit_code = exit_code}, core::Location("file:///real/out"), access);
    return outputs ? core::to_json(*outputs) : outputs.error().text();
  }

  Process process;
  flow::JobSite site;
  MemoryAccess access;
  expr::Javascript engine{{}};
};

}  // namespace alveus::cwl
