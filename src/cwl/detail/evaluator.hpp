// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/model.hpp"
#include "expr/javascript.hpp"
#include "flow/job.hpp"

namespace alveus::cwl::detail {

/// Evaluates the expressions of one process for one input object. Borrows the process and the engine.
class Evaluator {
 public:
  Evaluator(const Process& process, expr::Javascript& javascript, core::Value inputs, core::Value runtime);

  const core::Value& inputs() const { return inputs_; }
  void set_inputs(core::Value inputs) { inputs_ = std::move(inputs); }

  /// The value of a field that may hold an expression; what is no string is its own value. Errors carry the field's
  /// place.
  core::Result<core::Value> value(const Expression& field, const core::Value& self = {}) const;
  /// The same where white space at the ends counts.
  core::Result<core::Value> exact_value(const Expression& field) const;

  /// As `value`, when the result is of that type; `name` is the field's, for the message.
  core::Result<std::string> string(std::string_view name, const Expression& field) const;
  core::Result<double> number(std::string_view name, const Expression& field) const;
  /// Null counts as false.
  core::Result<bool> boolean(std::string_view name, const Expression& field, const core::Value& self = {}) const;

 private:
  enum class Spaces { kTrim, kKeep };
  core::Result<core::Value> evaluate(const Expression& field, const core::Value& self, Spaces spaces) const;

  const Process& process_;
  expr::Javascript& javascript_;
  core::Value inputs_;
  core::Value runtime_;
};

/// CWL's `runtime` of a job: outdir, tmpdir, cores, ram, outdirSize, tmpdirSize, and cudaDeviceCount where it was
/// given GPUs; sizes and cores rounded up.
core::Value runtime_of(const flow::JobSite& site);

/// A failure at a field's place with the source line, where there is one.
core::Error error_at(const document::Mark& mark, std::string message);

}  // namespace alveus::cwl::detail
