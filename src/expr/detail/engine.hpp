// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "core/result.hpp"
#include "core/value.hpp"
#include "expr/javascript.hpp"

namespace alveus::expr::detail {

/// One code to run, and what it sees. All are borrowed for the call.
struct Script {
  const std::string& code;
  Javascript::Form form = Javascript::Form::kExpression;
  std::span<const std::string> library;
  const core::Value& variables;
  bool only_compiles = false;  ///< nothing runs, the value is null
};

/// A SpiderMonkey context. Made, used and destroyed on one thread; `interrupt` alone may come from another.
class Engine {
 public:
  /// kInternal when SpiderMonkey does not start.
  static core::Result<std::unique_ptr<Engine>> open(const JavascriptLimits& limits);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// As Javascript::evaluate.
  core::Result<core::Value> evaluate(const Script& script);
  /// Makes the script that runs look at its limits soon. Without such calls the time limit does not act.
  void interrupt();
  /// True after a script that passed a limit: its leavings are best thrown away with this engine.
  bool spent() const;

  struct State;  ///< of the source; the callbacks of SpiderMonkey see it

 private:
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace alveus::expr::detail
