// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// What is wrong with documents, file by file as they are read, from the top of each down. The same finding at the same
/// place is kept once: a tool that several steps run is read for each of them.
class Findings {
 public:
  void error(const document::Mark& mark, std::string message, core::ErrorCode code = core::ErrorCode::kInvalidInput) {
    add(errors_, mark, document::error_at(mark, code, std::move(message)));
  }
  void error(core::Error error) { add(errors_, {}, std::move(error)); }
  void warning(const document::Mark& mark, std::string message) {
    add(warnings_, mark, document::error_at(mark, core::ErrorCode::kInvalidInput, std::move(message)));
  }

  bool has_errors() const { return !errors_.empty(); }
  std::vector<core::Error> errors() const { return sorted(errors_); }
  std::vector<core::Error> warnings() const { return sorted(warnings_); }

 private:
  struct Finding {
    core::Error error;
    std::size_t file = 0;  ///< in the order of first findings
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };

  void add(std::vector<Finding>& list, const document::Mark& mark, core::Error error) {
    if (std::ranges::find(list, error, &Finding::error) != list.end()) return;
    auto file = std::find(files_.begin(), files_.end(), mark.source);
    if (file == files_.end()) file = files_.insert(files_.end(), mark.source);
    list.push_back({.error = std::move(error),
                    .file = static_cast<std::size_t>(file - files_.begin()),
                    .line = mark.line,
                    .column = mark.column});
  }

  static std::vector<core::Error> sorted(std::vector<Finding> list) {
    std::ranges::stable_sort(list, {}, [](const Finding& one) { return std::tuple(one.file, one.line, one.column); });
    std::vector<core::Error> errors;
    for (Finding& one : list) errors.push_back(std::move(one.error));
    return errors;
  }

  std::vector<std::shared_ptr<const document::Source>> files_;
  std::vector<Finding> errors_;
  std::vector<Finding> warnings_;
};

}  // namespace alveus::cwl
