// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::expr {

/// Limits of one evaluation; both really stop the script, `while(true)` and unbounded allocation included.
struct JavascriptLimits {
  std::chrono::milliseconds time{20'000};
  std::size_t memory_bytes = std::size_t{256} << 20U;
};

/// Runs JavaScript (ES2020, SpiderMonkey). The engine starts with the first evaluation, never before. Evaluations are
/// isolated from one another: nothing a script leaves behind is seen by the next. Safe from several threads.
class Javascript {
 public:
  explicit Javascript(JavascriptLimits limits);
  ~Javascript();
  Javascript(const Javascript&) = delete;
  Javascript& operator=(const Javascript&) = delete;

  /// Evaluates `code` with each member of `variables` as a global. `library` holds the texts of expressionLib, run
  /// first. With `body` the code is a function body, "{ … return x; }" without the braces; else one expression.
  /// The result must be JSON (undefined becomes null). kInvalidInput: a syntax error, a thrown exception, a limit
  /// passed, a result that is no JSON; the message says which, with the script's line.
  enum class Form { kExpression, kBody };
  core::Result<core::Value> evaluate(const std::string& code, Form form, std::span<const std::string> library,
                                     const core::Value& variables);

  /// Compiles the code and the library, and runs neither; kInvalidInput is a syntax error.
  core::Status compile(const std::string& code, Form form, std::span<const std::string> library = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace alveus::expr
