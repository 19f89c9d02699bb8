// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// What is wrong with documents, in the order found. The same finding at the same place is kept once: a tool that
/// several steps run is read for each of them.
class Findings {
 public:
  void error(const document::Mark& mark, std::string message, core::ErrorCode code = core::ErrorCode::kInvalidInput) {
    add(errors_, document::error_at(mark, code, std::move(message)));
  }
  void error(core::Error error) { add(errors_, std::move(error)); }
  void warning(const document::Mark& mark, std::string message) {
    add(warnings_, document::error_at(mark, core::ErrorCode::kInvalidInput, std::move(message)));
  }

  const std::vector<core::Error>& errors() const { return errors_; }
  const std::vector<core::Error>& warnings() const { return warnings_; }

 private:
  static void add(std::vector<core::Error>& list, core::Error error) {
    if (std::find(list.begin(), list.end(), error) == list.end()) list.push_back(std::move(error));
  }

  std::vector<core::Error> errors_;
  std::vector<core::Error> warnings_;
};

}  // namespace alveus::cwl
