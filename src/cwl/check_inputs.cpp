// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "cwl/file_value.hpp"
#include "cwl/load.hpp"
#include "cwl/type_check.hpp"

namespace alveus::cwl {
namespace {

const document::Mark& mark_of(const InputObject& object, const std::string& name) {
  const auto found = object.marks.find(name);
  return found == object.marks.end() ? object.mark : found->second;
}

core::Error unknown_input(const Process& process, const InputObject& object, const std::string& name) {
  std::vector<std::string> names;
  for (const InputParameter& input : process.inputs) names.push_back(input.name);
  std::string message = "the process has no input '" + name + "'; it is ignored";
  if (const auto likely = core::nearest(name, names)) message += "; did you mean '" + *likely + "'?";
  return document::error_at(mark_of(object, name), core::ErrorCode::kInvalidInput, std::move(message));
}

/// A File or Directory says where it is, or what is in it.
core::Status check_files(const std::string& name, core::Value value) {
  core::Status status;
  for_each_file(value, [&](core::Value& object) {
    const char* content = is_file(object) ? "contents" : "listing";
    if (!status || !object.string_or("location", "").empty() || object.find(content) != nullptr) return;
    status = core::fail(core::ErrorCode::kInvalidInput, "input '" + name + "': a " + object.string_or("class", "") +
                                                            " needs a location, a path or " +
                                                            (is_file(object) ? "contents" : "a listing"));
  });
  return status;
}

}  // namespace

InputFindings check_inputs(const Process& process, const InputObject& object) {
  InputFindings findings;
  const std::set<std::string> secrets = secret_inputs(process);
  for (const InputParameter& input : process.inputs) {
    const core::Value* given = object.inputs.find(input.name);
    const bool is_given = given != nullptr && !given->is_null();
    const core::Value value = is_given ? *given : input.fallback.value_or(core::Value());
    if (given == nullptr && !input.fallback && !input.type.is_optional()) {
      findings.errors.push_back(
          document::error_at(object.mark.source != nullptr ? object.mark : input.mark, core::ErrorCode::kInvalidInput,
                             "input '" + input.name + "' (" + name_of(input.type) + ") is missing"));
      continue;
    }
    auto checked = check_type("input '" + input.name + "'", input.type, value);
    if (checked && is_given) checked = check_files(input.name, *given);
    if (checked) continue;
    if (secrets.contains(input.name)) {
      // Neither the value nor the line that it stands in is shown.
      findings.errors.push_back({.code = core::ErrorCode::kInvalidInput,
                                 .message = "input '" + input.name + "' must be " + name_of(input.type) +
                                            ", and is not; its value is a secret",
                                 .where = mark_of(object, input.name).text(),
                                 .context = {}});
      continue;
    }
    findings.errors.push_back(
        document::error_at(is_given || object.mark.source != nullptr ? mark_of(object, input.name) : input.mark,
                           checked.error().code, checked.error().message));
  }
  for (const auto& [name, value] : object.inputs.as_object()) {
    const bool is_known = std::ranges::find(process.inputs, name, &InputParameter::name) != process.inputs.end();
    // A name with a prefix is an extension's.
    if (!is_known && name.find(':') == std::string::npos) {
      findings.warnings.push_back(unknown_input(process, object, name));
    }
  }
  return findings;
}

}  // namespace alveus::cwl
