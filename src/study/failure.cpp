// SPDX-License-Identifier: Apache-2.0
#include "study/failure.hpp"

#include <utility>

#include "core/json.hpp"
#include "core/value.hpp"

namespace alveus::study {

std::string failure_json(const Failure& failure) {
  const core::Value value =
      core::Object{{"variant", failure.variant}, {"step", failure.step}, {"reason", failure.reason}};
  return core::to_json(value, core::JsonStyle::kIndented) + "\n";
}

core::Result<Failure> parse_failure(std::string_view name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto parsed, core::parse_json_file(name, text));
  Failure failure;
  for (const auto& [key, member] : {std::pair("variant", &Failure::variant), std::pair("step", &Failure::step),
                                    std::pair("reason", &Failure::reason)}) {
    failure.*member = parsed.string_or(key, "");
    if (failure.*member == "") {
      return core::fail(core::ErrorCode::kInvalidInput, "the failure has no text '" + std::string(key) + "'",
                        std::string(name));
    }
  }
  return failure;
}

}  // namespace alveus::study
