// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/check.hpp"
#include "cwl/detail/collect.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/tool.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl {
namespace {

class ExpressionToolLogic final : public flow::Tool {
 public:
  ExpressionToolLogic(std::shared_ptr<const Process> process, expr::Javascript& javascript)
      : process_(std::move(process)), javascript_(javascript) {
    ALVEUS_CHECK(std::holds_alternative<ExpressionTool>(process_->body), "the process is no ExpressionTool");
  }

  bool has_command() const override { return false; }

  core::Result<core::Value> evaluate(const core::Value& inputs, const flow::DataAccess& access) const override {
    // There is no job, so nothing of `runtime` but what a job would have by default.
    core::Value runtime = detail::runtime_of({});
    runtime.mutable_object().erase("outdir");
    runtime.mutable_object().erase("tmpdir");
    const detail::Evaluator evaluator(*process_, javascript_, inputs, std::move(runtime));
    const Expression& expression = std::get<ExpressionTool>(process_->body).expression;
    ALVEUS_TRY_ASSIGN(core::Value result, evaluator.value(expression));
    if (!result.is_object()) {
      return core::fail(detail::error_at(
          expression.mark, "the expression must yield an object of outputs, not " + expr::value_text(result)));
    }
    ALVEUS_TRY(detail::finish_files(result, nullptr, access));
    return detail::checked_outputs(*process_, result);
  }

  core::Result<flow::ResourceRequest> resources(const core::Value&) const override { return flow::ResourceRequest{}; }

  core::Result<flow::JobPlan> plan(const core::Value&, const flow::JobSite&, const flow::DataAccess&) const override {
    return core::fail(core::ErrorCode::kInternal, "an ExpressionTool has no command");
  }

  core::Result<core::Value> collect(const flow::JobPlan&, const flow::JobExit&, const core::Location&,
                                    const flow::DataAccess&) const override {
    return core::fail(core::ErrorCode::kInternal, "an ExpressionTool has no job");
  }

 private:
  std::shared_ptr<const Process> process_;
  expr::Javascript& javascript_;
};

}  // namespace

std::shared_ptr<const flow::Tool> make_expression_tool(std::shared_ptr<const Process> process,
                                                       expr::Javascript& javascript) {
  return std::make_shared<ExpressionToolLogic>(std::move(process), javascript);
}

}  // namespace alveus::cwl
