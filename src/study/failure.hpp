// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::study {

/// The file that a step of a variant leaves in its folder where its outputs are missing.
inline constexpr std::string_view kFailureFile = "failure.json";

/// Why a variant, or a pre-training, gave nothing.
struct Failure {
  std::string variant;
  std::string step;    ///< the subcommand
  std::string reason;  ///< the last thing the program said, or how it was ended
  friend auto operator<=>(const Failure&, const Failure&) = default;
};

/// The text of failure.json.
std::string failure_json(const Failure& failure);

/// Reads a failure.json. kInvalidInput names the file and the member that is missing.
core::Result<Failure> parse_failure(std::string_view name, std::string_view text);

}  // namespace alveus::study
