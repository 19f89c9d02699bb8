// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "cwl/detail/evaluator.hpp"
#include "cwl/detail/lower.hpp"
#include "cwl/file_value.hpp"

namespace alveus::cwl {
namespace {

class Logic final : public flow::StepLogic {
 public:
  Logic(const std::shared_ptr<const Process>& workflow, std::size_t step_index, expr::Javascript& javascript)
      : workflow_(workflow), step_(std::get<Workflow>(workflow->body).steps[step_index]), javascript_(javascript) {
    // A step's own requirements hold in its expressions.
    scope_.version = workflow->version;
    scope_.uri = workflow->uri;
    scope_.requirements = step_.requirements;
  }

  core::Result<core::Value> evaluate_inputs(const core::Value& inputs, const flow::DataAccess& access) const override {
    core::Value loaded = inputs;
    for (const StepInput& input : step_.inputs) {
      const bool reads = input.load_contents || input.load_listing != LoadListing::kNone;
      if (!input.fallback && !reads) continue;
      core::Value* value = loaded.mutable_object().find(input.name);
      if (value != nullptr) ALVEUS_TRY(load(input, *value, access));
    }
    const detail::Evaluator evaluator(scope_, javascript_, loaded, core::Object{});
    core::Value results = loaded;
    for (const StepInput& input : step_.inputs) {
      if (!input.value_from) continue;
      const core::Value* self = loaded.find(input.name);
      ALVEUS_TRY_ASSIGN(core::Value value, evaluator.value(*input.value_from, self == nullptr ? core::Value() : *self));
      results.set(input.name, std::move(value));
    }
    return results;
  }

  core::Result<bool> runs(const core::Value& inputs) const override {
    if (!step_.when) return true;
    const detail::Evaluator evaluator(scope_, javascript_, inputs, core::Object{});
    ALVEUS_TRY_ASSIGN(const core::Value value, evaluator.value(*step_.when));
    if (value.is_bool()) return value.as_bool();
    return core::fail(detail::error_at(step_.when->mark, "'when' must yield true or false, not " +
                                                             std::string(name_of(value.kind())) +
                                                             "; write a comparison, as in $(inputs.count > 0)"));
  }

 private:
  core::Status load(const StepInput& input, core::Value& value, const flow::DataAccess& access) const {
    core::Status status;
    for_each_file(value, [&](core::Value& object) {
      if (!status) return;
      name_parts(object);
      if (object.string_or("location", "").empty()) return;
      if (is_file(object) && input.load_contents)
        status = load_contents(object, long_contents_of(scope_.version), access);
      if (is_directory(object)) status = load_listing(object, input.load_listing, access);
    });
    return status;
  }

  std::shared_ptr<const Process> workflow_;  ///< keeps the step
  const WorkflowStep& step_;
  expr::Javascript& javascript_;
  Process scope_;
};

}  // namespace

std::shared_ptr<const flow::StepLogic> make_step_logic(std::shared_ptr<const Process> workflow, std::size_t step_index,
                                                       expr::Javascript& javascript) {
  const WorkflowStep& step = std::get<Workflow>(workflow->body).steps[step_index];
  const bool speaks =
      step.when || std::ranges::any_of(step.inputs, [](const StepInput& input) {
        return input.value_from || input.load_contents || input.fallback || input.load_listing != LoadListing::kNone;
      });
  if (!speaks) return nullptr;
  return std::make_shared<Logic>(workflow, step_index, javascript);
}

}  // namespace alveus::cwl
