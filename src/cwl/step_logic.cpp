// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "cwl/detail/contract.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/file_value.hpp"

namespace alveus::cwl {
namespace {

class StepExpressions final : public flow::StepLogic {
 public:
  StepExpressions(const WorkflowStep& step, Version version, expr::Javascript& javascript)
      : name_(step.name), inputs_(step.inputs), when_(step.when), javascript_(javascript) {
    scope_.version = version;
    scope_.requirements = step.requirements;
  }

  core::Result<core::Value> evaluate_inputs(const core::Value& inputs, const flow::DataAccess& access) const override {
    core::Value before = inputs;
    for (const StepInput& input : inputs_) {
      core::Value* value = before.is_object() ? before.mutable_object().find(input.name) : nullptr;
      if (value != nullptr) ALVEUS_TRY(load(input, *value, access));
    }
    const detail::Evaluator evaluator(scope_, javascript_, before, core::Value());
    core::Value after = before;
    for (const StepInput& input : inputs_) {
      if (!input.value_from) continue;
      const core::Value* self = before.find(input.name);
      ALVEUS_TRY_ASSIGN(core::Value value, evaluator.value(*input.value_from, self == nullptr ? core::Value() : *self));
      after.set(input.name, std::move(value));
    }
    return after;
  }

  core::Result<bool> runs(const core::Value& inputs) const override {
    if (!when_) return true;
    const detail::Evaluator evaluator(scope_, javascript_, inputs, core::Value());
    ALVEUS_TRY_ASSIGN(const core::Value value, evaluator.value(*when_));
    if (value.is_bool()) return value.as_bool();
    return core::fail(document::error_at(
        when_->mark, core::ErrorCode::kInvalidInput,
        "'when' of step '" + name_ + "' must yield true or false, not a " + std::string(core::name_of(value.kind()))));
  }

 private:
  core::Status load(const StepInput& input, core::Value& value, const flow::DataAccess& access) const {
    core::Status status;
    for_each_top(value, [&](core::Value& file) {
      if (!status) return;
      if (is_file(file) && input.load_contents && file.find("contents") == nullptr) {
        status = load_contents(file, access);
      } else if (is_directory(file) && input.value_from) {
        status = load_listing(file, input.load_listing, access);
      }
    });
    if (status) return {};
    return core::fail(std::move(status).error().with("for the input '" + input.name + "' of step '" + name_ + "'"));
  }

  /// A File or Directory, or those in a list.
  template <typename Visit>
  static void for_each_top(core::Value& value, const Visit& visit) {
    if (value.is_array()) {
      for (core::Value& item : value.mutable_array()) for_each_top(item, visit);
    } else if (is_file(value) || is_directory(value)) {
      visit(value);
    }
  }

  std::string name_;
  std::vector<StepInput> inputs_;
  std::optional<Expression> when_;
  Process scope_;  ///< version and requirements of the step, for the evaluator; nothing else
  expr::Javascript& javascript_;
};

}  // namespace

std::shared_ptr<const flow::StepLogic> make_step_logic(const WorkflowStep& step, Version version,
                                                       expr::Javascript& javascript) {
  const bool wanted = step.when.has_value() || std::any_of(step.inputs.begin(), step.inputs.end(), [](const auto& one) {
                        return one.value_from.has_value() || one.load_contents;
                      });
  if (!wanted) return nullptr;
  return std::make_shared<StepExpressions>(step, version, javascript);
}

}  // namespace alveus::cwl
