// SPDX-License-Identifier: Apache-2.0
#include "flow/outcome.hpp"

#include <algorithm>

namespace alveus::flow {

JobOutcome outcome_of(const JobExit& exit, const JobPlan& plan) {
  using Kind = JobOutcome::Kind;
  const auto listed = [&](const std::vector<int>& codes) {
    return std::ranges::find(codes, exit.exit_code) != codes.end();
  };
  const auto kind = [&] {
    if (exit.timed_out) return Kind::kTimedOut;
    if (exit.out_of_memory) return Kind::kOutOfMemory;
    if (listed(plan.temporary_fail_codes)) return Kind::kTemporaryFailure;
    if (listed(plan.permanent_fail_codes)) return Kind::kPermanentFailure;
    if (listed(plan.success_codes) || exit.exit_code == 0) return Kind::kSuccess;
    return Kind::kPermanentFailure;
  }();
  return {.kind = kind, .exit_code = exit.exit_code};
}

std::string_view name_of(JobOutcome::Kind kind) {
  switch (kind) {
    case JobOutcome::Kind::kSuccess: return "success";
    case JobOutcome::Kind::kTemporaryFailure: return "temporary failure";
    case JobOutcome::Kind::kPermanentFailure: return "permanent failure";
    case JobOutcome::Kind::kTimedOut: return "timed out";
    case JobOutcome::Kind::kOutOfMemory: return "out of memory";
    case JobOutcome::Kind::kCancelled: return "cancelled";
  }
  return "unknown";
}

}  // namespace alveus::flow
