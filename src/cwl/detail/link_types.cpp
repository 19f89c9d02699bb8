// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "cwl/detail/check.hpp"
#include "cwl/detail/make_type.hpp"

namespace alveus::cwl {

using Kind = Type::Kind;

namespace {

Type optional_of(Type inner) {
  if (inner.is_optional()) return inner;
  Type type = of_kind(Kind::kUnion);
  type.alternatives = {of_kind(Kind::kNull), std::move(inner)};
  return type;
}

bool is_whole(Kind kind) { return kind == Kind::kInt || kind == Kind::kLong; }
bool is_fraction(Kind kind) { return kind == Kind::kFloat || kind == Kind::kDouble; }
bool is_word(Kind kind) { return kind == Kind::kString || kind == Kind::kEnum; }

/// Two types that are neither Any nor unions.
bool simple_may_be_assigned(const Type& source, const Type& sink) {
  if (source.kind == Kind::kArray && sink.kind == Kind::kArray) {
    return may_be_assigned(source.items(), sink.items());
  }
  if (source.kind == Kind::kRecord && sink.kind == Kind::kRecord) {
    return std::all_of(sink.fields.begin(), sink.fields.end(), [&](const RecordField& wanted) {
      const auto given = std::find_if(source.fields.begin(), source.fields.end(),
                                      [&](const RecordField& field) { return field.name == wanted.name; });
      return given == source.fields.end() ? wanted.type.is_optional() : may_be_assigned(given->type, wanted.type);
    });
  }
  if (is_whole(source.kind)) return is_whole(sink.kind) || is_fraction(sink.kind);
  if (is_fraction(source.kind)) return is_fraction(sink.kind);
  if (is_word(source.kind)) return is_word(sink.kind);
  return source.kind == sink.kind;
}

/// The type of a step's output as its workflow sees it.
Type type_of_step_output(const WorkflowStep& step, const std::string& name) {
  if (step.run == nullptr) return of_kind(Kind::kAny);
  const auto output = std::find_if(step.run->outputs.begin(), step.run->outputs.end(),
                                   [&](const OutputParameter& candidate) { return candidate.name == name; });
  if (output == step.run->outputs.end()) return of_kind(Kind::kAny);
  Type type = output->type;
  if (step.when) type = optional_of(std::move(type));
  if (step.loop) {
    type = step.loop->outputs == flow::LoopOutputs::kAll ? array_of(std::move(type)) : optional_of(std::move(type));
  }
  const bool nested = step.scatter_method == flow::ScatterMethod::kNestedCrossProduct;
  const std::size_t depth = step.scatter.empty() ? 0 : nested ? step.scatter.size() : 1;
  for (std::size_t i = 0; i < depth; ++i) type = array_of(std::move(type));
  return type;
}

Type type_of_source(const Process& process, const std::string& name) {
  const auto source = find_source(process, name);
  if (!source) return of_kind(Kind::kAny);
  if (source->step) return type_of_step_output(std::get<Workflow>(process.body).steps[*source->step], source->port);
  for (const InputParameter& input : process.inputs) {
    if (input.name == source->port) return input.type;
  }
  return of_kind(Kind::kAny);
}

/// The items of an array, through an optional one as well; Any for what is no array.
Type items_of(const Type& type) {
  if (type.kind == Kind::kArray) return type.items();
  if (type.kind == Kind::kUnion) {
    for (const Type& alternative : type.alternatives) {
      if (alternative.kind == Kind::kArray) return alternative.items();
    }
  }
  return of_kind(Kind::kAny);
}

bool has_array(const Type& type) {
  return type.kind == Kind::kArray || std::any_of(type.alternatives.begin(), type.alternatives.end(),
                                                  [](const Type& t) { return t.kind == Kind::kArray; });
}

}  // namespace

std::optional<flow::LinkSource> find_source(const Process& workflow, const std::string& name) {
  const auto& steps = std::get<Workflow>(workflow.body).steps;
  const auto find_output = [&](const std::string& step, const std::string& port) -> std::optional<flow::LinkSource> {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto& outputs = steps[i].outputs;
      if (steps[i].name == step && std::find(outputs.begin(), outputs.end(), port) != outputs.end()) {
        return flow::LinkSource{i, port};
      }
    }
    return std::nullopt;
  };
  // Packed documents put the names of the enclosing processes in front.
  const std::vector<std::string> parts = core::split(name, '/');
  if (parts.size() > 1) {
    if (auto found = find_output(parts[parts.size() - 2], parts.back())) return found;
  }
  for (const InputParameter& input : workflow.inputs) {
    if (input.name == parts.back() && (parts.size() == 1 || parts.size() > 2)) {
      return flow::LinkSource{std::nullopt, input.name};
    }
  }
  return std::nullopt;
}

Type type_of_link(const Process& workflow, const Source& source, std::size_t link_index) {
  const Type type = type_of_source(workflow, source.names[link_index]);
  Type merged = type;
  if (source.is_list) {
    const bool keep = source.merge == flow::LinkMerge::kFlattened && has_array(type);
    merged = keep                                                                     ? type
             : type.kind == Kind::kAny && source.merge == flow::LinkMerge::kFlattened ? type
                                                                                      : array_of(type);
  }
  switch (source.pick) {
    case flow::PickValue::kNone:
    case flow::PickValue::kAllNonNull: return merged;
    case flow::PickValue::kFirstNonNull:
    case flow::PickValue::kTheOnlyNonNull:
      return source.is_list ? items_of(merged) : has_array(type) ? items_of(type) : type;
  }
  return merged;
}

bool may_be_assigned(const Type& source, const Type& sink) {
  if (source.kind == Kind::kAny || sink.kind == Kind::kAny) return true;
  if (source.kind == Kind::kUnion) {
    const bool only_null = std::all_of(source.alternatives.begin(), source.alternatives.end(),
                                       [](const Type& type) { return type.kind == Kind::kNull; });
    if (only_null) return sink.is_optional();
    return std::any_of(source.alternatives.begin(), source.alternatives.end(), [&](const Type& alternative) {
      return alternative.kind != Kind::kNull && may_be_assigned(alternative, sink);
    });
  }
  if (sink.kind == Kind::kUnion) {
    return std::any_of(sink.alternatives.begin(), sink.alternatives.end(),
                       [&](const Type& alternative) { return may_be_assigned(source, alternative); });
  }
  return simple_may_be_assigned(source, sink);
}

}  // namespace alveus::cwl
