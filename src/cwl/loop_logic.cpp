// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "cwl/detail/evaluator.hpp"
#include "cwl/detail/lower.hpp"
#include "cwl/file_value.hpp"
#include "flow/link.hpp"

namespace alveus::cwl {
namespace {

class Looping final : public flow::LoopLogic {
 public:
  Looping(const std::shared_ptr<const Process>& workflow, std::size_t step_index, expr::Javascript& javascript)
      : workflow_(workflow), step_(std::get<Workflow>(workflow->body).steps[step_index]), javascript_(javascript) {
    // A step's own requirements hold in its expressions.
    scope_.version = workflow->version;
    scope_.uri = workflow->uri;
    scope_.requirements = step_.requirements;
  }

  core::Result<bool> continues(const core::Value& inputs) const override {
    const detail::Evaluator evaluator(scope_, javascript_, inputs, core::Object{});
    ALVEUS_TRY_ASSIGN(const core::Value value, evaluator.value(step_.loop->condition));
    if (value.is_bool()) return value.as_bool();
    return core::fail(detail::error_at(
        step_.loop->condition.mark, "'loopWhen' must yield true or false, not " + std::string(name_of(value.kind()))));
  }

  core::Result<core::Value> next_inputs(const core::Value& inputs, const core::Value& outputs,
                                        const flow::DataAccess&) const override {
    core::Value linked = inputs;
    for (const LoopInput& input : step_.loop->inputs) {
      ALVEUS_TRY_ASSIGN(core::Value value, linked_value(input, outputs));
      linked.set(input.name, std::move(value));
    }
    // A valueFrom sees the inputs of the iteration before, and as `self` what its own link yields.
    const detail::Evaluator evaluator(scope_, javascript_, inputs, core::Object{});
    core::Value next = linked;
    for (const LoopInput& input : step_.loop->inputs) {
      if (!input.value_from) continue;
      ALVEUS_TRY_ASSIGN(core::Value value, evaluator.value(*input.value_from, *linked.find(input.name)));
      next.set(input.name, std::move(value));
    }
    return next;
  }

 private:
  static core::Result<core::Value> linked_value(const LoopInput& input, const core::Value& outputs) {
    const Source& source = input.source;
    const flow::Link link{.sources = {}, .is_list = source.is_list, .merge = source.merge, .pick = source.pick};
    std::vector<core::Value> values;
    for (const std::string& name : source.names) {
      const core::Value* value = outputs.find(name);
      values.push_back(value == nullptr ? core::Value() : *value);
    }
    ALVEUS_TRY_ASSIGN(core::Value value, flow::merge_link(link, std::move(values), input.name));
    if (value.is_null() && input.fallback) return *input.fallback;
    return value;
  }

  std::shared_ptr<const Process> workflow_;  ///< keeps the step
  const WorkflowStep& step_;
  expr::Javascript& javascript_;
  Process scope_;
};

}  // namespace

std::shared_ptr<const flow::LoopLogic> make_loop_logic(std::shared_ptr<const Process> workflow, std::size_t step_index,
                                                       expr::Javascript& javascript) {
  return std::make_shared<Looping>(workflow, step_index, javascript);
}

}  // namespace alveus::cwl
